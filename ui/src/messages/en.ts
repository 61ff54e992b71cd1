/** Every sentence of the window, in English. `de.ts` has the same keys; the type checker sees to it. */
import { accounts } from "./en/accounts";
import { adding } from "./en/adding";
import { answering } from "./en/answering";
import { backup } from "./en/backup";
import { card } from "./en/card";
import { desk } from "./en/desk";
import { devices } from "./en/devices";
import { entering } from "./en/entering";
import { guides, portalProblems } from "./en/guides";
import { move } from "./en/move";
import { notices } from "./en/notices";
import { problems } from "./en/problems";
import { prompting } from "./en/prompting";
import { settings } from "./en/settings";
import { start } from "./en/start";
import { unimported } from "./en/unimported";

export const en = {
  tag: "en",
  /** The language's own name. */
  name: "English",

  // Words that many screens share
  back: "Back",
  close: "Close",
  cancel: "Cancel",
  done: "Done",
  tryAgain: "Try again",
  add: "Add",
  accounts: "Accounts",
  settings: "Settings",
  mainMenu: "Main",
  copied: "Copied",
  loading: "Loading your accounts",

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

/** The shape of a catalogue: the same keys, the same places for numbers and names. */
export type Messages = typeof en;
