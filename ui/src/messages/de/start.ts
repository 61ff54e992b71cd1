/** German: first run, lock and files that cannot be opened. */
import type { start as English } from "../en/start";
import { plural } from "../plural";

export const start: typeof English = {
  first: {
    title: "Ihre Unterschrift, bestätigt.",
    body: "Countersign ist die zweite Unterschrift unter Ihren Anmeldungen. Richten Sie zuerst dieses Telefon ein.",
    scan: "Aktivierungscode scannen",
    where: "Den Code zeigt die Seite „Meine Einstellungen & Geräte“ Ihrer Organisation. Öffnen Sie diese Seite an einem Computer.",
    change: "Ich habe ein neues Telefon oder eine neue Nummer",
    changeBody: "Oder ich habe die App neu installiert. Wir gehen es Schritt für Schritt durch.",
    other: "Konto auf anderem Weg hinzufügen",
  },

  lock: {
    enterPin: "PIN eingeben",
    enterPassphrase: "Passphrase eingeben",
    pin: "PIN",
    passphrase: "Passphrase",
    keypad: "PIN-Tastenfeld",
    deleteLast: "Letzte Ziffer löschen",
    entered: (n, of) => `${n} von ${of} Ziffern eingegeben`,
    unlock: "Entsperren",
    unlocking: "Wird entsperrt …",
    wrongPin: (n) =>
      n === null
        ? "Diese PIN stimmt nicht."
        : `Diese PIN stimmt nicht. Noch ${n} ${plural(n, "Versuch", "Versuche")}, dann 1 Minute Wartezeit.`,
    wrongPassphrase: (n) =>
      n === null
        ? "Diese Passphrase stimmt nicht. Großbuchstaben und Leerzeichen zählen."
        : `Diese Passphrase stimmt nicht. Noch ${n} ${plural(n, "Versuch", "Versuche")}, dann 1 Minute Wartezeit.`,
    waitTitle: (time) => `Neuer Versuch in ${time}`,
    waitPin: "Fünfmal hintereinander eine falsche PIN. Das Warten hält Rateversuche auf.",
    waitPassphrase: "Fünfmal hintereinander eine falsche Passphrase. Das Warten hält Rateversuche auf.",
    waitRepeated: "Zu oft hintereinander falsch. Jedes weitere Mal verlängert die Wartezeit; das hält Rateversuche auf.",
    forgotPin: "PIN vergessen?",
    forgotPassphrase: "Passphrase vergessen?",
    forgottenPin: "PIN vergessen",
    forgottenPassphrase: "Passphrase vergessen",
    forgottenPinBody:
      "Die PIN lässt sich nicht auslesen, nur ersetzen. Fangen Sie hier neu an und aktivieren Sie dann Ihr Klinikkonto erneut.",
    forgottenPassphraseBody:
      "Die Passphrase lässt sich nicht auslesen, nur ersetzen. Fangen Sie hier neu an und aktivieren Sie dann Ihr Klinikkonto erneut.",
    tryPin: "Andere PIN versuchen",
    tryPassphrase: "Andere Passphrase versuchen",
    stoppedTitle: "Dieses Telefon ist von Ihrem Klinikkonto abgemeldet",
    stoppedPin: "Zehnmal eine falsche PIN: Die Schlüssel wurden gelöscht, damit niemand sie errät.",
    stoppedPassphrase: "Zehnmal eine falsche Passphrase: Die Schlüssel wurden gelöscht, damit niemand sie errät.",
    stoppedNext:
      "Fangen Sie neu an und aktivieren Sie dieses Telefon dann über „Meine Einstellungen & Geräte“ erneut. Ihre anderen Konten kommen zurück, wenn Sie eine Sicherung haben.",
    safe: "Ihre Konten sind sicher, nichts wurde gelöscht.",
  },

  setup: {
    bar: "App-Sperre",
    choosePin: "6-stellige PIN wählen",
    againPin: "Noch einmal eingeben",
    weakPin: (pin) =>
      pin === "123456"
        ? "123456 wird als Erstes geraten. Wählen Sie eine andere."
        : `${pin} wird mit als Erstes geraten. Wählen Sie eine andere.`,
    differentPins: "Die beiden PINs sind verschieden. Fangen Sie noch einmal an.",
    choosePassphrase: "Passphrase wählen",
    passphraseHint: "Vier oder mehr Wörter, die Sie sich merken. Wir kennen sie nicht und können sie nicht zurücksetzen.",
    whyPassphrase: "Dieser Computer hat keinen sicheren Ort für eine PIN. Deshalb schützt eine Passphrase Ihre Konten.",
    againPassphrase: "Noch einmal eingeben",
    weakPassphrase: "Zu leicht zu erraten. Nehmen Sie ein Wort dazu.",
    differentPassphrases: "Die beiden sind verschieden. Prüfen Sie das letzte Wort.",
    goodPassphrase: (words) => (words > 1 ? `Gut: ${words} Wörter, schwer zu erraten` : "Gut: schwer zu erraten"),
    showPassphrase: "Passphrase zeigen",
    hidePassphrase: "Passphrase verbergen",
    next: "Weiter",
    working: "Wird eingerichtet …",
  },

  change: {
    currentPin: "Aktuelle PIN eingeben",
    currentPassphrase: "Aktuelle Passphrase eingeben",
    working: "Wird geändert …",
    changedPin: "Ihre PIN ist geändert",
    changedPassphrase: "Ihre Passphrase ist geändert",
    changedBody: "Ab jetzt entsperrt die neue Countersign.",
  },

  start: {
    works: "Was weiter funktioniert",
    bring: "Meine Konten zurückholen",
    later: "Meine Passcodes zeigen",
    decide: "Entscheiden",
    cost: "Wenn Sie hier weitermachen, wird als Nächstes Ihr Klinikkonto neu aktiviert. Auf dem anderen Telefon endet es.",
    reinstalled: {
      title: "Countersign wurde neu installiert",
      body: "Die Konten blieben bei der alten Installation, damit niemand sonst sie benutzen kann.",
      works: "Ihre anderen Geräte und Anrufe auf Ihrer Nummer. In etwa einer Minute geht es auch hier wieder.",
    },
    elsewhere: {
      title: "Diese Konten stammen von einem anderen Telefon",
      body: "Sie wurden hier wiederhergestellt oder hierher kopiert, aber der Schlüssel dazu blieb dort.",
      works: "Countersign auf dem anderen Telefon, falls Sie es noch haben. Hier wurde nichts gelöscht.",
      locked:
        "Ist es dasselbe Telefon? Vielleicht ist sein Schlüsselspeicher gesperrt. Melden Sie sich wie gewohnt an, dann versuchen Sie es noch einmal.",
    },
    another: {
      title: "Diese Konten sind eine Kopie",
      body: "Sie wurden von einem anderen Telefon hierher kopiert, deshalb wird hier keine Anmeldung beantwortet.",
      works: "Alles auf dem anderen Telefon und Ihre Passcodes hier.",
      use: "Ab jetzt dieses Telefon benutzen",
      same: "Es ist dasselbe Telefon",
    },
    older: {
      title: "Das ist eine ältere Kopie Ihrer Konten",
      body: "Die Datei stammt von früher, deshalb wird mit ihr keine Anmeldung beantwortet.",
      works: "Ihre anderen Geräte und Ihre Passcodes hier.",
      use: "Mit dieser Kopie weitermachen",
    },
  },

  startAgain: {
    button: "Neu anfangen",
    title: "Auf diesem Telefon neu anfangen?",
    body: "Sie beginnen mit einer leeren Liste und richten Ihre Konten noch einmal ein. Die Datei mit den alten Konten bleibt unter einem anderen Namen daneben liegen. Nichts wird gelöscht.",
    yes: "Neu anfangen",
    working: "Einen Moment …",
  },

  faulty: {
    damagedTitle: "Ihre Kontendatei ist beschädigt",
    damagedBody:
      "Sie wurde von außen verändert, deshalb öffnen wir sie nicht. Spielen Sie eine Kopie aus einer Sicherung dieses Geräts zurück und versuchen Sie es noch einmal.",
    notAVaultTitle: "Das ist keine Datei von Countersign",
    notAVaultBody:
      "Wo Ihre Konten sein sollten, liegt eine andere Datei. Verschieben Sie sie oder legen Sie die richtige zurück und versuchen Sie es noch einmal.",
    tooNewTitle: "Diese Datei stammt von einem neueren Countersign",
    tooNewBody: "Aktualisieren Sie Countersign auf diesem Gerät und versuchen Sie es noch einmal.",
    unreadableTitle: "Ihre Konten lassen sich nicht öffnen",
    unreadableBody: "Das Gerät gibt die Datei nicht frei. Starten Sie das Gerät neu und versuchen Sie es noch einmal.",
    inUseTitle: "Countersign ist schon geöffnet",
    inUseBody:
      "Ein anderes Fenster von Countersign verwendet Ihre Konten. Benutzen Sie dieses, oder schließen Sie es und versuchen Sie es noch einmal.",
    nothingDeleted: "Nichts wurde gelöscht.",
    where: "Die Datei liegt hier:",
  },
};
