/** German: adding an account. */
import type { adding as English } from "../en/adding";
import { plural } from "../plural";

export const adding: typeof English = {
  way: {
    title: "Konto hinzufügen",
    camera: "Mit der Kamera scannen",
    cameraBody: "Einen quadratischen Code auf einem Bildschirm oder auf Papier",
    image: "Bild auswählen",
    imageBody: "Ein Bildschirmfoto oder Foto des Codes",
    screen: "Diesen Bildschirm scannen",
    screenBody: "Einen Code in einem Fenster auf diesem Computer",
    screenAgain: "Bildschirm noch einmal scannen",
    clipboard: "Kopiertes verwenden",
    clipboardBody: "Einen Code oder Link aus der Zwischenablage",
    link: "Link einfügen",
    linkBody: "Einen Aktivierungslink aus einer SMS oder E-Mail",
    key: "Schlüssel eintippen",
    keyBody: "Wenn es keinen Code zum Scannen gibt",
    drop: "Sie können ein Bild des Codes auch auf dieses Fenster ziehen.",
    dropHere: "Bild hier ablegen",
    reading: "Wird gelesen …",
  },

  link: {
    label: "Aktivierungslink",
    hint: "Aus einer SMS oder E-Mail Ihrer Organisation",
    next: "Weiter",
    wrong: "Das ist kein Aktivierungslink. Er beginnt mit https:// und endet mit Buchstaben und Ziffern.",
  },

  key: {
    name: "Name",
    account: "Konto",
    accountHint: "Ihr Benutzername oder Ihre E-Mail-Adresse dort",
    key: "Schlüssel",
    more: "Weitere Angaben",
    timeBased: "Zeitbasiert",
    counterBased: "Zählerbasiert",
    kind: "Art",
    digits: "Ziffern",
    seconds: "Sekunden je Code",
    algorithm: "Verfahren",
    summary: (counterBased, digits, seconds) =>
      counterBased ? `Zählerbasiert, ${digits} Ziffern` : `Zeitbasiert, ${digits} Ziffern, alle ${seconds} Sekunden`,
    add: "Konto hinzufügen",
    adding: "Wird hinzugefügt …",
    notBase32: "Schlüssel enthalten keine 0, 1, 8 oder 9. Prüfen Sie den letzten Buchstaben: Ist es ein I oder ein L?",
    tooShort: "Dieser Schlüssel ist zu kurz. Kopieren Sie ihn ganz.",
    nameMissing: "Geben Sie einen Namen ein.",
    nameTooLong: "Dieser Name ist zu lang. Kürzen Sie ihn.",
  },

  which: {
    title: (n) => `In diesem Bild sind ${n} Codes`,
    body: "Welcher ist es?",
    activation: "Aktivierungscode",
    migration: (n) => `${n} ${plural(n, "Konto", "Konten")} einer anderen App`,
    foreign: "Kein Countersign-Code",
  },

  confirm: {
    bar: "Aktivieren",
    title: "Ist das die Adresse Ihrer Organisation?",
    body: "Dieses Telefon wird Anmeldeanfragen von dort beantworten.",
    unknownTitle: "Neu auf diesem Telefon",
    unknownBody:
      "Vergleichen Sie sie mit der Adresse Ihrer Seite „Meine Einstellungen & Geräte“. Hat Ihnen jemand den Code ungefragt geschickt, brechen Sie ab.",
    knownTitle: "Auf diesem Telefon bekannt",
    knownBody: "Sie haben dort schon ein Konto, oder Ihre Organisation hat die Adresse eingetragen.",
    activate: "Dieses Telefon aktivieren",
    working: "Wird aktiviert …",
    workingBody: "Ein paar Sekunden. Lassen Sie die App offen.",
    otherBar: "Konto hinzufügen",
    otherTitle: "Dieses Konto hinzufügen?",
    otherCounter: (digits) => `Zählerbasiert, ${digits} Ziffern`,
    otherTimed: (digits, seconds) => `${digits} Ziffern, neu alle ${seconds} Sekunden`,
    otherWeak: "Der Schlüssel ist kurz",
    otherWeakBody: "Er funktioniert, ist aber leichter zu erraten, als er sein sollte. Lassen Sie sich bei Gelegenheit einen neuen geben.",
    otherDuplicate: "Dieses Konto haben Sie schon",
    otherDuplicateBody: "Wenn Sie es noch einmal hinzufügen, bleiben beide.",
    otherAdd: "Konto hinzufügen",
    noName: "Ohne Namen",
  },

  compare: {
    title: "Zeigt die Seite diese Zahl?",
    body: "Wenn ja, drücken Sie auf der Seite mit dem Code „Stimmt überein“. Wenn nicht, drücken Sie dort „Nein“.",
    waiting: "Wir warten auf die Seite",
    later: "Schließen",
  },

  added: {
    title: "Dieses Telefon ist bereit",
    body: (org, account) => `${org}, ${account}. Anmeldeanfragen kommen hier an.`,
    otherTitle: "Konto hinzugefügt",
    otherBody: (org, account) => (account === "" ? org : `${org}, ${account}.`),
    test: "Testanfrage senden",
    sending: "Wird gesendet …",
    sent: "Gesendet. Sie kommt in wenigen Sekunden hier an.",
  },

  cameraOff: {
    bar: "Code scannen",
    title: "Die Kamera ist für Countersign ausgeschaltet",
    body: "Schalten Sie sie in den Einstellungen Ihres Telefons ein. Wir lesen damit nur Codes und behalten keine Bilder.",
    settings: "Telefoneinstellungen öffnen",
    other: "Stattdessen Link, Schlüssel oder Bild verwenden",
  },

  unusable: {
    title: "Das ist kein Countersign-Code",
    webLink: (host) => `Es ist ein Link zu ${host}.`,
    webLinkUnknown: "Es ist ein Link auf eine Webseite.",
    contact: "Es ist eine Visitenkarte.",
    wifi: "Es ist das Passwort eines Funknetzes.",
    text: "Es ist einfacher Text.",
    lookFor: "Den richtigen Code zeigt „Meine Einstellungen & Geräte“ oder die Seite des Kontos, das Sie schützen.",
    brokenActivationTitle: "Dieser Aktivierungscode ist beschädigt",
    brokenActivation: "Ein Teil fehlt. Erzeugen Sie in „Meine Einstellungen & Geräte“ einen neuen und verwenden Sie diesen.",
    brokenAccountTitle: "Dieser Kontocode ist beschädigt",
    brokenAccount: "Sein Schlüssel ist unbrauchbar. Erzeugen Sie auf der Seite des Kontos einen neuen Code.",
    migrationTitle: "Das ist der Export einer anderen App",
    migration: (n) =>
      `Er enthält ${n} ${plural(n, "Konto", "Konten")}. Diese Version nimmt ein Konto nach dem anderen auf: Verwenden Sie den Code auf der Seite des jeweiligen Kontos.`,
    another: "Anderes Bild wählen",
    scanAgain: "Weiter scannen",
    scanNew: "Neuen Code scannen",
    otherWay: "Auf anderem Weg eingeben",
  },
};
