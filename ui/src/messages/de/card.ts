/** German: the recovery card, made, printed and used. */
import { plural } from "../plural";
import type { card as English } from "../en/card";

const codes = (n: number) => `${n} ${plural(n, "Code", "Codes")}`;

export const card: typeof English = {
  title: "Codekarte",
  what: "Codes auf Papier, mit denen Sie hineinkommen, wenn Ihre Geräte weg sind",
  lede: "Codes auf Papier, mit denen Sie hineinkommen, wenn Ihre Geräte weg sind. Jeder geht einmal, anstelle eines Passcodes.",
  left: (n) => `noch ${codes(n)}`,
  leftUntil: (n, until) => `Noch ${codes(n)}, gültig bis ${until}`,
  few: (n) => `Nur noch ${codes(n)}`,
  usedUp: "Alle Codes sind benutzt",
  ends: (until) => `Nur noch bis ${until} gültig`,
  inTime: "Erstellen Sie eine neue Karte, bevor Sie sie brauchen.",
  facts: { left: "Übrige Codes", made: "Erstellt", until: "Gültig bis" },
  make: "Codekarte erstellen",
  again: "Neue erstellen",
  making: "Wird erstellt …",
  againAsk: "Neue Karte erstellen?",
  againSays: "Die Codes Ihrer bisherigen Karte gelten dann sofort nicht mehr.",
  againYes: "Neue Karte erstellen",
  keep: "Alte behalten",
  stop: "Karte stoppen",
  stopAsk: "Ihre Codekarte stoppen?",
  stopSays: "Ihre Codes gelten dann sofort nicht mehr. Eine neue Karte können Sie jederzeit erstellen.",
  stopYes: "Jetzt stoppen",
  stopping: "Wird gestoppt …",
  leave: "So lassen",
  refused: { make: "Es wurde keine Karte erstellt", stop: "Ihre Karte wurde nicht gestoppt" },
  unknown: { make: "Wir wissen nicht, ob eine Karte erstellt wurde", stop: "Wir wissen nicht, ob Ihre Karte gestoppt wurde" },
  lost: "Eine Karte wurde erstellt, aber ihre Codes kamen nicht an",
  lostSays: "Die alten Codes gelten nicht mehr. Erstellen Sie eine neue Karte.",
  prove: "Mit einem Gerät bestätigen",
  shown: "Ihre Codekarte",
  shownBody: "Sie sehen diese Codes nur jetzt. Drucken Sie die Karte oder schreiben Sie sie ab.",
  shownWrite:
    "Sie sehen diese Codes nur jetzt. Schreiben Sie sie ab. Zum Drucken erstellen Sie die Karte in einem Browser auf einem Computer.",
  print: "Drucken",
  have: "Ich habe sie",
  codes: "Alle Codes",
  useIt: "Geben Sie einen Code anstelle eines Passcodes ein. Jeder geht einmal: haken Sie ihn ab.",
  keepIt:
    "Bewahren Sie diese Karte getrennt vom Telefon auf. Wenn Sie sie verlieren, erstellen Sie eine neue: dann gelten diese Codes nicht mehr.",
  dates: (made, until) => `Erstellt am ${made}, gültig bis ${until}`,
  desk: (call) => `Kommen Sie nicht weiter? ${call}`,
  type: {
    have: "Ich habe eine Codekarte",
    title: "Code Ihrer Codekarte eingeben",
    body: "Irgendeiner, der nicht abgehakt ist. Leerzeichen zählen nicht. Haken Sie ihn danach ab.",
    label: "Code, 9 Ziffern",
    wrong: "Das ist kein Code Ihrer Karte. Prüfen Sie die Ziffern.",
    used: "Diesen Code haben Sie schon benutzt. Nehmen Sie einen anderen auf der Karte.",
  },
};
