/** German: the sign-in prompt of an application. */
import type { prompting as English } from "../en/prompting";

export const prompting: typeof English = {
  as: (account) => `als ${account}`,
  by: (org) => `Countersign für ${org}`,
  first: "Bestätigen Sie, dass Sie es sind",
  ways: "Auf anderem Weg bestätigen",
  push: "Push",
  passcode: "Passcode",
  passcodeBody: "Geht auch ohne Netz",
  call: "Anruf",
  manage: "Geräte in „Meine Einstellungen & Geräte“ verwalten",
  newTab: "öffnet sich in einem neuen Tab",
  ranOut: "Niemand hat innerhalb einer Minute geantwortet. Sie sind nicht angemeldet.",
  sendNew: "Neue Anfrage senden",
  restored: "Mein Telefon wurde wiederhergestellt oder ersetzt",
  loading: "Ihre Anmeldung wird geladen",
  backTo: (app) => `Zurück zu ${app}`,
  confirmed: "Bestätigt",
  goingBack: (app) => `Es geht zurück zu ${app} …`,
  why: {
    disabled: "Ihr Konto ist gesperrt",
    disabledBody: (desk) => `Sie können sich damit nicht anmelden. ${desk}`,
    not_enrolled: "Kein Gerät kann diese Anmeldung bestätigen",
    not_enrolledBody: (desk) => `Zu Ihrem Konto gehört noch kein Telefon oder Tablet. Das erste richtet der Service Desk ein. ${desk}`,
    enrol_first: "Richten Sie zuerst ein Gerät ein",
    enrol_firstBody: () =>
      "Zu Ihrem Konto gehört noch kein Telefon oder Tablet. Fügen Sie eines in „Meine Einstellungen & Geräte“ hinzu und kommen Sie dann hierher zurück.",
    goOn: "Ich habe eines eingerichtet",
  },
  over: "Diese Anmeldung hat zu lange gedauert",
  overBody: (app) => `Gehen Sie zurück zu ${app} und melden Sie sich noch einmal an.`,
  left: "Sie sind angemeldet",
  leftBody: (app) => `Es ging weiter zu ${app}. Sie können diese Seite schließen.`,
  badLink: "Dieser Anmeldelink geht nicht",
  badLinkBody:
    "Vielleicht ist er zu alt oder in einem anderen Browser geöffnet. Gehen Sie zurück zur Anwendung und melden Sie sich noch einmal an.",
  down: "Der Anmeldedienst ist nicht erreichbar",
  downBody: "Sie sind nicht angemeldet. Wir versuchen es von selbst noch einmal.",
};
