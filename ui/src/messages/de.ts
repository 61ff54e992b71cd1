/** Every sentence of the window, in German. */
import { accounts } from "./de/accounts";
import { adding } from "./de/adding";
import { answering } from "./de/answering";
import { backup } from "./de/backup";
import { card } from "./de/card";
import { desk } from "./de/desk";
import { devices } from "./de/devices";
import { entering } from "./de/entering";
import { guides, portalProblems } from "./de/guides";
import { move } from "./de/move";
import { notices } from "./de/notices";
import { problems } from "./de/problems";
import { prompting } from "./de/prompting";
import { settings } from "./de/settings";
import { start } from "./de/start";
import { unimported } from "./de/unimported";
import type { Messages } from "./en";

export const de: Messages = {
  tag: "de",
  name: "Deutsch",

  back: "Zurück",
  close: "Schließen",
  cancel: "Abbrechen",
  done: "Fertig",
  tryAgain: "Noch einmal versuchen",
  add: "Hinzufügen",
  accounts: "Konten",
  settings: "Einstellungen",
  mainMenu: "Hauptmenü",
  copied: "Kopiert",
  loading: "Ihre Konten werden geladen",

  ...start,
  ...accounts,
  ...adding,
  ...answering,
  ...backup,
  ...move,
  ...settings,
  ...problems,
  entering,
  devices,
  guides,
  portalProblems,
  card,
  desk,
  notices,
  prompting,
  unimported,
};
