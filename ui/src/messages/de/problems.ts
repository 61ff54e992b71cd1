/** German: refusals. */
import type { problems as English } from "../en/problems";
import { plural } from "../plural";

export const problems: typeof English = {
  problem: {
    lockedTitle: "Countersign ist gesperrt",
    lockedBody: "Entsperren Sie die App und versuchen Sie es noch einmal.",
    wrongSecretTitle: "Diese PIN stimmt nicht",
    wrongSecretBody: "Geben Sie sie noch einmal ein.",
    mustWaitTitle: (seconds) => `Neuer Versuch in ${seconds} ${plural(seconds, "Sekunde", "Sekunden")}`,
    mustWaitBody: "Das Warten hält Rateversuche auf. Nichts wurde gelöscht.",
    weakSecretTitle: "Das ist zu leicht zu erraten",
    weakSecretBody: "Wählen Sie etwas anderes.",
    keystoreTitle: "Der Schlüsselspeicher dieses Geräts ist nicht erreichbar",
    keystoreBody:
      "Dort bewahrt Countersign die Hälfte seines Schlüssels auf. Entsperren Sie den Schlüsselbund oder starten Sie das Gerät neu und versuchen Sie es noch einmal.",
    notStoredTitle: "Das ließ sich nicht speichern",
    notStoredBody: "Vielleicht ist der Speicher voll. Nichts ging verloren. Schaffen Sie Platz und versuchen Sie es noch einmal.",
    noCodeTitle: "Kein Code in diesem Bild",
    noCodeBody: "Nehmen Sie eines, das alle vier Ecken des Codes zeigt.",
    notPictureTitle: "Diese Datei ist kein Bild",
    notPictureBody: "Nehmen Sie ein Bildschirmfoto oder Foto des Codes: PNG, JPEG, WebP oder GIF.",
    pictureKindTitle: (kind) => `${kind}-Bilder lassen sich hier nicht lesen`,
    pictureKindBody: "Machen Sie ein Bildschirmfoto davon oder speichern Sie es als JPEG oder PNG und versuchen Sie es noch einmal.",
    pictureLargeTitle: "Dieses Bild ist zu groß",
    pictureLargeBody: (megapixels) => `Bis zu ${megapixels} Megapixel lassen sich lesen. Schneiden Sie den Teil mit dem Code aus.`,
    notExportTitle: "Keine Konten in dieser Datei",
    notExportBody:
      "Diese Art von Datei kann Countersign noch nicht lesen. Suchen Sie in der anderen App einen anderen Export, oder scannen Sie die Konten einzeln.",
    exportCutTitle: "Das Ende dieser Datei fehlt",
    exportCutBody: "Nichts wurde hinzugefügt. Kopieren oder exportieren Sie sie noch einmal.",
    exportDamagedTitle: "Diese Datei ist beschädigt",
    exportDamagedBody: "Nichts wurde hinzugefügt. Exportieren Sie sie in der anderen App noch einmal.",
    exportEmptyTitle: "Keine Konten in dieser Datei",
    exportEmptyBody: "Sie ist ein Export, aber ein leerer. Sehen Sie nach, ob die Konten in der anderen App sind.",
    exportOfAccountTitle: "Nur die andere App kann diese Datei öffnen",
    exportOfAccountBody: "Exportieren Sie dort noch einmal, „passwortgeschützt“ mit einem eigenen Passwort.",
    exportPasswordTitle: "Dieses Passwort öffnet die Datei nicht",
    exportPasswordBody: "Großbuchstaben und Leerzeichen zählen.",
    exportLargeTitle: "Diese Datei ist zu groß",
    exportLargeBody: "Kein Export einer App ist so groß. Wählen Sie die Datei, die die andere App gespeichert hat.",
    exportMuchTitle: "Diese Datei ist zu viel für dieses Gerät",
    exportMuchBody:
      "Sie braucht mehr Speicher, als hier ist. Importieren Sie sie in Countersign an einem Computer, oder scannen Sie die Konten einzeln.",
    notBackupTitle: "Diese Datei ist keine Countersign-Sicherung",
    notBackupBody:
      "Der Name einer Sicherung endet auf .countersign. Für die Datei einer anderen App wählen Sie „Aus anderer App importieren“.",
    backupDamagedTitle: "Diese Sicherung ist beschädigt",
    backupDamagedBody:
      "Sie wurde verändert oder abgeschnitten, daher wurde hier nichts geändert. Nehmen Sie eine ältere, oder kopieren Sie die Datei noch einmal.",
    backupNewTitle: "Diese Sicherung stammt von einem neueren Countersign",
    backupNewBody: "Aktualisieren Sie die App auf diesem Gerät, dann öffnen Sie sie noch einmal.",
    backupPassphraseTitle: "Diese Passphrase öffnet die Sicherung nicht",
    backupFolderTitle: "Der Ordner für Sicherungen lässt sich nicht benutzen",
    backupFolderBody: (folder: string) =>
      `${folder === "" ? "Er" : folder} ist nicht da oder nicht beschreibbar. Schließen Sie das Laufwerk an oder legen Sie den Ordner wieder an, dann versuchen Sie es noch einmal. Frühere Sicherungen bleiben.`,
    backupFullTitle: "Für die Sicherung ist kein Platz",
    backupFullBody: "Schaffen Sie etwas Platz, dann versuchen Sie es noch einmal. Frühere Sicherungen bleiben.",
    saveFolderTitle: "Die Datei konnte nicht gespeichert werden",
    saveFolderBody: (folder: string) =>
      `${folder === "" ? "Der Ordner für Dateien" : folder} ist nicht beschreibbar. Legen Sie den Ordner wieder an, dann versuchen Sie es noch einmal. Gespeichert wurde nichts.`,
    emptyClipboardTitle: "Kein Code in der Zwischenablage",
    emptyClipboardBody: "Kopieren Sie das Bild des Codes oder seinen Link und versuchen Sie es noch einmal.",
    notActivationTitle: "Das ist kein Aktivierungslink",
    notActivationBody: "Er beginnt mit https:// und endet mit Buchstaben und Ziffern.",
    draftGoneTitle: "Das hat zu lange gedauert",
    draftGoneBody: "Beginnen Sie noch einmal, mit dem Code oder der Datei.",
    codeRefusedTitle: "Dieser Code gilt nicht mehr",
    codeRefusedBody:
      "Er ist abgelaufen oder wurde schon verwendet: Codes gelten 10 Minuten und nur einmal. Erzeugen Sie in „Meine Einstellungen & Geräte“ einen neuen und verwenden Sie diesen.",
    hostRefusedTitle: "Diese Adresse ist nicht erlaubt",
    hostRefusedBody: (host) =>
      `Countersign verbindet sich nicht mit ${host}. Ein Dienst braucht einen vollständigen Namen im Internet oder einen Platz auf der Liste Ihrer Organisation.`,
    notAddressTitle: "Das ist keine Adresse",
    notAddressBody: "Sie sieht aus wie geraete.klinik.example: Wörter mit Punkten dazwischen.",
    hostUnknownTitle: "Diese Adresse ist nicht zu finden",
    hostUnknownBody: (host) =>
      `Unter ${host} antwortet kein Computer. Prüfen Sie, ob Sie online sind, und vergleichen Sie die Adresse mit der Seite, von der der Code stammt.`,
    certificateTitle: "Die Verbindung ist nicht sicher",
    certificateBody: (host) =>
      `${host} konnte nicht beweisen, wer es ist. Wir haben deshalb nichts gesendet. Versuchen Sie es in einem anderen Netz. Bleibt es dabei, sagen Sie es Ihrem Service Desk.`,
    serviceDownTitle: "Der Server Ihrer Organisation ist nicht erreichbar",
    serviceDownBody: (host) =>
      host === ""
        ? "Nichts hat sich geändert. Prüfen Sie, ob dieses Telefon online ist, und versuchen Sie es noch einmal."
        : `${host} antwortet nicht. Nichts hat sich geändert. Prüfen Sie, ob dieses Telefon online ist, und versuchen Sie es noch einmal.`,
    notServiceTitle: "Unter dieser Adresse gibt es keinen Anmeldedienst",
    notServiceBody: (host) => `${host} hat geantwortet, aber nicht als Dienst für diese App. Prüfen Sie, ob Sie den richtigen Code haben.`,
    serviceRefusedTitle: "Der Dienst hat abgelehnt",
    serviceRefusedBody:
      "Nichts hat sich geändert. Erzeugen Sie in „Meine Einstellungen & Geräte“ einen neuen Code oder fragen Sie Ihren Service Desk.",
    clockTitle: "Die Uhr dieses Telefons geht falsch",
    clockBody:
      "Der Server Ihrer Organisation nimmt keine Antworten mit so falscher Zeit an. Stellen Sie Datum und Uhrzeit auf automatisch und versuchen Sie es noch einmal.",
    accountGoneTitle: "Dieses Konto ist nicht mehr auf diesem Telefon",
    accountGoneBody: "Es wurde entfernt. Fügen Sie es neu hinzu, wenn Sie es noch brauchen.",
    requestGoneTitle: "Diese Anfrage wartet nicht mehr",
    requestGoneBody: "Sie ist abgelaufen oder wurde anderswo beantwortet. Fordern Sie eine neue an.",
    keyTitle: "Dieser Schlüssel kann nicht stimmen",
    keyShortTitle: "Dieser Schlüssel ist zu kurz",
    nameTitle: "Es fehlt ein Name",
    nameLongTitle: "Dieser Name ist zu lang",
    alreadyTitle: "Dieses Konto haben Sie schon",
    alreadyBody: (name) =>
      name === "" ? "Es ist auf diesem Telefon und funktioniert." : `${name} ist auf diesem Telefon und funktioniert.`,
    freshUnlockTitle: "Countersign fragt zuerst nach Ihrer PIN",
    freshUnlockBody: "Geben Sie sie ein und bestätigen Sie dann noch einmal.",
    olderCopyTitle: "Das ist eine ältere Kopie Ihrer Konten",
    olderCopyBody: "Neues wird darin nicht gespeichert. Entscheiden Sie in der Kontenliste, ob Sie damit weitermachen.",
    unforeseenTitle: "Das hat nicht geklappt",
    unforeseenBody:
      "Wir wissen nicht, warum. Nichts wurde gelöscht. Versuchen Sie es noch einmal; bleibt es dabei, starten Sie Countersign neu.",
  },
};
