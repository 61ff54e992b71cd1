/** German: what imports could not take. */
import type { unimported as English } from "../en/unimported";
import { plural } from "../plural";

export const unimported: typeof English = {
  title: "Nicht importiert",
  links: "Eine Liste von Links",
  steam: "Die Datei von Steam",
  home: (n) => `${n} ${plural(n, "Konto konnte", "Konten konnten")} nicht importiert werden`,
  homeBody: "Nichts ist verloren: Bei jedem steht, was zu tun ist.",
  see: "Zeigen, was zu tun ist",
  lede: "Sie bleiben auf diesem Telefon, bis Sie sie beheben oder verwerfen. In einer Sicherung sind sie nicht.",
  emptyTitle: "Nichts mehr zu beheben",
  emptyBody: "Was sich nicht importieren lässt, steht hier, bis Sie es beheben oder verwerfen.",
  dismiss: "Verwerfen",
  dismissAll: "Alle verwerfen",
  dismissed: (n) => `${n} ${plural(n, "Eintrag", "Einträge")} verworfen`,
  from: "Aus",
  entry: (n) => `Eintrag ${n} der Datei`,
  short: {
    no_key: "Der Schlüssel fehlt",
    bad_key: "Der Schlüssel ist beschädigt",
    bad_settings: "Die Einstellungen sind beschädigt",
    kind: "Diese Passcodes kann Countersign nicht",
    push_only: "Geht nur per Push",
    form: "Ist nicht als Konto zu lesen",
  },
  why: {
    no_key: "Die Datei nennt dieses Konto und lässt seinen Schlüssel weg. Ohne ihn kann niemand seine Passcodes erzeugen.",
    bad_key: "Ein Teil des Schlüssels ging unterwegs verloren. Die Passcodes wären falsch.",
    bad_settings: "Die Datei sagt über die Passcodes etwas Unmögliches: wie lang sie sind, oder wie lange einer gilt.",
    kind: "Solche Passcodes erzeugt Countersign nicht.",
    push_only: "Es beantwortet Anmeldungen mit einem Schlüssel, der die andere App nicht verlassen kann.",
    form: "Vielleicht hält die Datei es in einer Form, die Countersign nicht kennt, oder es war nie ein Konto.",
  },
  what: "Was Sie tun können",
  key: (name) =>
    `Suchen Sie seinen Schlüssel oder seinen quadratischen Code: in der anderen App, oder bei ${name}, wo die Sicherheit der Anmeldung eingestellt wird. Sie können ${name} auch um einen neuen Code bitten.`,
  keyUnnamed: "Suchen Sie seinen Schlüssel oder seinen quadratischen Code: in der anderen App, oder dort, wo Sie sich damit anmelden.",
  again: (name) =>
    `Melden Sie sich bei ${name} an und richten Sie dort noch einmal eine Authenticator-App ein. Scannen Sie dann den neuen Code mit Countersign.`,
  againUnnamed:
    "Melden Sie sich dort an, wo Sie es verwenden, und richten Sie noch einmal eine Authenticator-App ein. Scannen Sie dann den neuen Code mit Countersign.",
  typeKey: "Seinen Schlüssel eintippen",
  scan: "Seinen Code scannen",
  scanNew: "Den neuen Code scannen",
};
