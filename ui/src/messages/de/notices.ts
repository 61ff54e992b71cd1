/** German: changes of the person’s other devices. */
import type { notices as English } from "../en/notices";

export const notices: typeof English = {
  title: {
    added: "Telefon aktiviert",
    reactivated: "Telefon neu aktiviert",
    removed: "Gerät entfernt",
  },
  body: {
    added: (device) => `Countersign funktioniert jetzt auf ${device}. Waren Sie das nicht? Öffnen Sie dies.`,
    reactivated: (device) => `Countersign funktioniert jetzt auf ${device}. Waren Sie das nicht? Öffnen Sie dies.`,
    removed: (device) => `${device} bestätigt Ihre Anmeldungen nicht mehr. Waren Sie das nicht? Öffnen Sie dies.`,
  },
  open: "Öffnen",
  more: (n) => `Danach warten noch ${n} Änderungen.`,
  question: {
    added: (device) => `Haben Sie ${device} hinzugefügt?`,
    reactivated: (device) => `Haben Sie ${device} neu aktiviert?`,
    removed: (device) => `Haben Sie ${device} entfernt?`,
  },
  answerLater: "Ohne Antwort schließen",
  device: "Gerät",
  wasMe: "Das war ich",
  saving: "Wird gesendet …",
  notMe: "Das war nicht ich",
  stopping: "Wird gestoppt …",
  mineTitle: "Danke",
  mineBody: {
    added: (device) => `${device} kann Ihre Anmeldungen bestätigen.`,
    reactivated: (device) => `${device} kann Ihre Anmeldungen bestätigen.`,
    removed: (device) => `${device} bleibt entfernt.`,
  },
  stopped: {
    added: (device) => `${device} ist gestoppt`,
    reactivated: (device) => `${device} ist gestoppt`,
    removed: () => "Gemeldet",
  },
  stoppedBody: {
    added: "Es kann keine Anmeldungen bestätigen und keine gültigen Passcodes erzeugen.",
    reactivated:
      "Es kann keine Anmeldungen bestätigen und keine gültigen Passcodes erzeugen. Der Service Desk hilft Ihnen, es neu zu aktivieren.",
    removed: "Seine Schlüssel kommen nicht zurück. Aktivieren Sie es neu oder fragen Sie den Service Desk.",
  },
  reported: "An den Service Desk gemeldet",
  reportedBody: "Außerdem sind Sie überall von „Meine Einstellungen & Geräte“ abgemeldet.",
  failed: "Das kam nicht an. Versuchen Sie es noch einmal oder rufen Sie Ihren Service Desk an.",
  goneTitle: "Das hat sich inzwischen geändert",
  goneBody:
    "Es gibt eine neuere Änderung dieses Geräts, oder es wurde schon geantwortet. Wenn etwas nicht stimmt, rufen Sie Ihren Service Desk an.",
};
