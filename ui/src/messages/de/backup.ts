/** German: backing up and restoring. */
import { plural } from "../plural";

const accounts = (n: number) => `${n} ${plural(n, "Konto", "Konten")}`;

export const backup = {
  backup: {
    title: "Sicherung",
    on: "Ein",
    off: "Aus",
    here: "Auf diesem Telefon sichern",
    locked: "Mit Ihrer Sicherungs-Passphrase verschlossen",
    last: (when: string, held: number, of: number) => {
      const said = `Letzte Sicherung ${when}.`;
      if (held === 0) return `${said} Keines Ihrer Konten ist ganz darin.`;
      if (held < of) return `${said} ${held} Ihrer ${of} Konten ${plural(held, "ist", "sind")} darin.`;
      return `${said} ${of === 1 ? "Ihr Konto ist" : `Alle ${of} Konten sind`} darin.`;
    },
    none: "Im Ordner liegt keine Sicherung. Die nächste wird von selbst geschrieben.",
    folder: (folder: string) => `Ordner: ${folder}`,
    why: "Wenn dieses Telefon verloren geht oder zurückgesetzt wird, kommen Ihre Konten daraus wieder. Sie wird von selbst erneuert.",
    held: "In der Sicherung",
    missing: "Nicht in der Sicherung",
    reactivate: "Aktivieren Sie es auf einem neuen Telefon neu. Das dauert eine Minute.",
    askThere: (organisation: string) => `Bitten Sie ${organisation} um einen neuen Code.`,
    notYet: "Noch nicht. Die nächste Sicherung nimmt es auf.",
    now: "Jetzt sichern",
    working: "Wird gesichert …",
    another: "Anderen Ordner wählen",
    anotherBody: "Auf einem Laufwerk oder einen, der synchronisiert wird. Die bisherigen Sicherungen kommen mit.",
    choosing: "Ordner wird gewählt …",
    change: "Passphrase ändern",
    tryOut: "Passphrase ausprobieren",
    tryOutBody: "Öffnet die neueste Sicherung, wie es ein neues Telefon täte",
    faultFolder: "Die letzte Sicherung konnte nicht geschrieben werden",
    faultFolderBody: (mayChoose: boolean) =>
      `Der Ordner ist nicht da oder nicht beschreibbar. Schließen Sie das Laufwerk an oder legen Sie den Ordner wieder an, dann sichern Sie jetzt.${
        mayChoose ? " Oder wählen Sie einen anderen Ordner." : ""
      } Frühere Sicherungen bleiben.`,
    faultFull: "Für die Sicherung ist kein Platz",
    faultFullBody: "Schaffen Sie etwas Platz, dann sichern Sie jetzt. Frühere Sicherungen bleiben.",
    offTitle: "Sicherung ausschalten?",
    offBody: "Die vorhandenen Sicherungen bleiben, wo sie sind, und neue werden nicht geschrieben.",
    offYes: "Ausschalten",
    offWorking: "Wird ausgeschaltet …",
    keep: "Eingeschaltet lassen",
    choose: "Passphrase für die Sicherung wählen",
    label: "Passphrase der Sicherung",
    turnOn: "Sicherung einschalten",
    turningOn: "Wird eingeschaltet …",
    openBackup: "Sicherung öffnen",
    opening: "Wird geöffnet …",
    readable: (n: number, of: number) => (of === 0 ? "Ihre Passphrase öffnet die Sicherung" : `${n} von ${accounts(of)} lesbar`),
    allBody: (of: number) =>
      of === 0
        ? "Kein Konto auf diesem Telefon lässt sich ganz darin sichern. Klinikkonten werden stattdessen neu aktiviert."
        : `Ihre Passphrase öffnet die Sicherung. ${of === 1 ? "Ihr Konto käme" : "Alle Konten kämen"} daraus wieder.`,
    someBody: "Die neueste Sicherung ist älter als manche Ihrer Konten. Sichern Sie jetzt, dann versuchen Sie es noch einmal.",
    wrong: "Diese Passphrase öffnet die Sicherung nicht. Großbuchstaben und Leerzeichen zählen.",
    notBackedUp: (n: number) => `${accounts(n)} ${plural(n, "ist", "sind")} in keiner Sicherung`,
    notBackedUpBody: (n: number) =>
      `Wenn dieses Telefon verloren geht, ${n === 1 ? "muss es neu eingerichtet werden" : "müssen sie einzeln neu eingerichtet werden"}.`,
  },

  restore: {
    bar: "Sicherung wiederherstellen",
    wayBody: "Konten, die Sie aus Countersign gesichert haben",
    firstBody: "Gesicherte Konten zurückholen",
    looking: "Sicherung wird gesucht …",
    found: "Wir haben eine Sicherung gefunden",
    made: (when: string, device: string) => (device === "" ? `Geschrieben ${when}.` : `Geschrieben ${when}, auf ${device}.`),
    hospital: "Klinikkonten kommen auf anderem Weg zurück",
    hospitalBody: "Danach aktivieren Sie jedes mit einem Tippen neu.",
    go: (n: number) => (n === 0 ? "Wiederherstellen" : `${accounts(n)} wiederherstellen`),
    working: "Wird wiederhergestellt …",
    different: "Andere Datei verwenden",
    forgotten: "Vergessen?",
    forgottenBody: "Ohne sie lässt sich die Sicherung nicht öffnen. Sie können die Konten einzeln neu einrichten.",
    setUp: "Mein Klinikkonto neu einrichten",
    noneTitle: "Hier liegt keine Sicherung",
    noneBody: "Wählen Sie die Datei selbst aus, oder richten Sie die Konten neu ein.",
    choose: "Datei auswählen",
    whereTitle: "Wo ist Ihre Sicherung?",
    whereBody: "Bringen Sie ihre Datei auf dieses Telefon und wählen Sie sie hier aus.",
    backToFound: "Zurück zur gefundenen Sicherung",
    done: (back: number, needing: number) => {
      const came = `${accounts(back)} ${plural(back, "ist", "sind")} wieder da.`;
      if (needing === 0) return came;
      if (back === 0) return `${accounts(needing)} ${plural(needing, "braucht", "brauchen")} Sie.`;
      return `${came} ${needing} ${plural(needing, "braucht", "brauchen")} Sie.`;
    },
    nothingNew: "Nichts Neues in dieser Sicherung",
    nothingBody: "Es ist kein Konto darin.",
    here: (n: number) => `${n} ${plural(n, "war", "waren")} schon hier und ${plural(n, "blieb, wie es ist", "blieben, wie sie sind")}.`,
    works: "Funktioniert",
    reactivate: "Klinikkonto neu aktivieren",
    later: "Später",
  },

  export: {
    bar: "Kopie speichern",
    row: "Kopie für eine andere App speichern",
    title: (n: number) => `${accounts(n)} als Datei speichern`,
    codesTitle: (n: number) => `${accounts(n)} als Codes zeigen`,
    body: "Wer diese Datei öffnet, kann Ihre Passcodes erzeugen. Halten Sie sie verschlossen und schicken Sie sie nicht per E-Mail.",
    codesBody: "Wer diese Codes fotografiert, kann Ihre Passcodes erzeugen. Zeigen Sie sie nur Ihrem eigenen Telefon.",
    forms: "Wie sie gespeichert werden",
    locked: "Verschlossene Datei",
    lockedBody: "Öffnet sich mit Ihrer Sicherungs-Passphrase",
    lockedOff: "Schalten Sie zuerst die Sicherung ein: Deren Passphrase öffnet die Datei",
    aegis: "Verschlossene Datei für andere Apps",
    aegisBody: "Für Aegis gemacht, mit einem eigenen Passwort",
    text: "Offene Textdatei",
    textBody: "Zum Umzug in eine andere App. Löschen Sie sie danach.",
    codes: "Codes zum Scannen",
    codesForm: "Für Google Authenticator auf einem anderen Telefon",
    noFolder: "Dieses Gerät hat keinen Ordner für Dateien",
    password: "Passwort der Datei",
    leftOut: (n: number, names: string) =>
      `${accounts(n)} ${plural(n, "lässt", "lassen")} sich nicht kopieren und ${plural(n, "fehlt", "fehlen")} darin: ${names}.`,
    noneTitle: "Kein Konto lässt sich kopieren",
    noneBody: "Klinikkonten bleiben auf dem Telefon, auf dem sie aktiviert wurden. Aktivieren Sie sie auf einem neuen Telefon neu.",
    save: "Datei speichern",
    saving: "Wird gespeichert …",
    show: "Codes zeigen",
    saved: (n: number) => `${accounts(n)} gespeichert`,
    savedAs: "Gespeichert als",
    deleteIt: "Löschen Sie diese Datei, sobald die andere App sie hat.",
    nothing: "So ließ sich nichts speichern",
    nothingBody: "Keines Ihrer Konten hat darin Platz. Wählen Sie einen anderen Weg.",
    codeOf: (at: number, of: number) => (of === 1 ? "Scannen Sie diesen Code" : `Scannen Sie Code ${at} von ${of}`),
    codeBody: "Wählen Sie in der anderen App, Konten zu importieren, und richten Sie deren Kamera hierher.",
    next: "Nächster Code",
    missing: "Nicht dabei",
    why: {
      kind: "Die andere App würde andere Passcodes daraus machen",
      room: "Dafür ist kein Platz",
      unusable: "Es erzeugt keine Passcodes",
    },
    names: (n: number) =>
      `${plural(n, "Der Name, den", `Die ${n} Namen, die`)} Sie selbst vergeben haben, ${plural(n, "kommt", "kommen")} nicht mit.`,
  },
};
