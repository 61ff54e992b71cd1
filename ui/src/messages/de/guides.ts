/** German: the three situations step by step, and the refusals of the service. */
import type { guides as English, portalProblems as EnglishProblems } from "../en/guides";
import { plural } from "../plural";

export const guides: typeof English = {
  signIn: "Anmelden",
  who: (account, org) => `${account}, ${org}.`,
  prove: "Bestätigen Sie, dass Sie es sind",
  proveCall: "Bestätigen Sie es mit einem Anruf",
  proveCallBody: (ending) => `Pushes erreichen dieses Telefon noch nicht, deshalb rufen wir die Nummer mit den Endziffern ${ending} an.`,
  proveBody: "Push, Passcode oder Anruf.",
  proveBodyPlain: "Push oder Passcode.",
  callMe: "Rufen Sie mich an",
  chooseHow: "Weg wählen",
  noCall: "Unter dieser Nummer bin ich nicht erreichbar",
  which: "Welches ist es?",
  test: "Senden Sie sich einen Test",
  testBody: "Um sicher zu sein, bevor Sie es brauchen.",
  stepDone: "Erledigt:",
  noPhone: "Kein Telefon zum neuen Aktivieren",
  noPhoneBody: "Keines Ihrer Geräte hat die App. Fügen Sie dieses Telefon neu hinzu.",
  finish: "Fertig",
  restored: {
    bar: "Wiederhergestellt oder neu installiert",
    title: "In etwa einer Minute wieder im Gleichtakt",
    body: "Beim Wiederherstellen wird Ihr Klinikkonto nicht kopiert. Das ist Absicht: So gibt es keine Kopien auf anderen Telefonen.",
    again: "Dieses Telefon neu aktivieren",
    againBody: "Ein Tippen. Nichts zu scannen.",
    againDone: "Telefon neu aktiviert",
    againCode: "Aktivieren Sie Ihr Telefon neu",
    againCodeBody: "Countersign auf dem Telefon scannt einen Code von dieser Seite.",
  },
  same: {
    bar: "Neues Telefon, gleiche Nummer",
    title: "Auf dieses Telefon umziehen",
    titleCode: "Auf das neue Telefon umziehen",
    body: "Ihre Nummer bleibt, deshalb behalten wir denselben Geräteeintrag und seine Einstellungen.",
    again: "Dieses Telefon neu aktivieren",
    againDone: "Auf das neue Telefon umgezogen",
    againCode: "Auf dem neuen Telefon neu aktivieren",
    againBody: "Countersign auf dem alten Telefon hört in diesem Moment auf zu funktionieren.",
  },
  new: {
    bar: "Neues Telefon, neue Nummer",
    title: "Das neue hinzufügen, testen, dann das alte entfernen",
    body: "In dieser Reihenfolge stehen Sie nie ohne Zugang da.",
    testTitle: "Testen Sie jetzt das neue Telefon",
    doneTitle: "Das neue Telefon ist an der Reihe",
    removeTitle: "Das neue Telefon funktioniert. Das alte entfernen?",
    proveOld: "Bestätigen Sie es mit dem alten Telefon",
    proveOldBody: "Push, Passcode oder Anruf. Kein altes Telefon mehr? Nehmen Sie ein anderes Gerät oder den Service Desk.",
    add: "Das neue Telefon und seine Nummer hinzufügen",
    addThis: "Dieses Telefon und seine Nummer hinzufügen",
    addBody: "Wir senden einen Code an die neue Nummer.",
    addBodyPlain: "Das neue Telefon scannt einen Code von dieser Seite.",
    added: "Das neue Telefon hinzufügen",
    addButton: "Neues Telefon hinzufügen",
    test: "Das neue Telefon testen",
    testBody: "Wir senden eine Anmeldeanfrage dorthin. Bestätigen Sie sie.",
    remove: "Das alte Telefon entfernen",
    removeLater: "Geht auf, wenn der Test geklappt hat.",
    removeBody: (what) => `${what}. Wer diese Nummer als Nächstes hat, kann sie nicht in Ihrem Namen benutzen.`,
    removeButton: "Altes Telefon entfernen",
    keep: "Vorerst beide behalten",
  },
};

export const portalProblems: typeof EnglishProblems = {
  bad_request: "Etwas daran war nicht zu verstehen. Laden Sie die Seite neu und versuchen Sie es noch einmal.",
  signed_out: "Sie sind abgemeldet. Melden Sie sich wieder an, um weiterzumachen.",
  wrong_password: "Benutzername oder Passwort stimmt nicht.",
  not_recognised: "Dieser Computer hat nicht gesagt, wer Sie sind. Geben Sie Benutzernamen und Passwort ein.",
  password_expired: "Ihr Passwort ist abgelaufen. Ändern Sie es an einem Rechner der Klinik, dann melden Sie sich hier mit dem neuen an.",
  password_must_change:
    "Ihr Passwort muss zuerst geändert werden. Melden Sie sich an einem Rechner der Klinik an, wählen Sie ein neues und kommen Sie wieder.",
  account_locked:
    "Ihr Konto ist nach zu vielen falschen Passwörtern gesperrt, hier oder anderswo. Warten Sie eine Weile, oder fragen Sie den Service Desk.",
  account_disabled: "Ihr Konto ist stillgelegt. Fragen Sie den Service Desk.",
  account_expired: "Ihr Konto ist abgelaufen. Der Service Desk oder Ihre Leitung kann es verlängern.",
  account_not_now: "Ihr Konto kann um diese Zeit oder von hier aus nicht benutzt werden. Fragen Sie den Service Desk.",
  account_not_entitled: "Ihr Konto gehört nicht zu denen, die diese Seite benutzen dürfen. Fragen Sie den Service Desk.",
  other_site: "Diese Seite ist zu alt für eine Änderung. Laden Sie sie neu und versuchen Sie es noch einmal.",
  proof_needed: "Bestätigen Sie zuerst, dass Sie es sind.",
  proof_too_young:
    "Sie haben es mit einem Gerät bestätigt, das jünger als ein Tag ist. Nehmen Sie ein älteres, oder fragen Sie den Service Desk.",
  device_needed:
    "Ein Code reicht dafür nicht, auch kein Gerät, das in den letzten 24 Stunden damit eingerichtet wurde. Bestätigen Sie es mit einem anderen Gerät oder versuchen Sie es morgen wieder.",
  enrolment_closed: "Ihr erstes Gerät muss der Service Desk freigeben.",
  not_allowed: "Das dürfen Sie hier nicht. Fragen Sie den Service Desk.",
  not_found: "Das gibt es nicht mehr. Gehen Sie zurück und sehen Sie noch einmal nach.",
  last_way: "Ohne es könnten Sie sich nicht anmelden. Fügen Sie erst ein anderes Gerät hinzu, dann entfernen Sie dieses.",
  name_taken: "Ein Gerät mit diesem Namen haben Sie schon.",
  number_known: "Diese Nummer haben Sie schon. Aktivieren Sie den Eintrag, den Sie haben, neu.",
  number_taken: (desk) => `Diese Nummer gehört zu einem anderen Konto. Fragen Sie den Service Desk${desk === null ? "." : `: ${desk}.`}`,
  cannot_do_that: "Das kann dieses Gerät nicht. Nehmen Sie einen anderen Weg.",
  not_needed: "Diese Person hat ein Gerät, das geht. Geben Sie ihr einen einmaligen Passcode oder setzen Sie das Gerät zuerst aus.",
  bad_name: "Ein Name hat 1 bis 40 Buchstaben, Ziffern oder Leerzeichen.",
  bad_number: "Das ist keine vollständige Telefonnummer. Prüfen Sie die Ziffern.",
  wrong_code: (n) =>
    n === null
      ? "Das ist nicht der Code, den wir gesendet haben."
      : `Das ist nicht der Code, den wir gesendet haben. Noch ${n} ${plural(n, "Versuch", "Versuche")}.`,
  code_over: "Dieser Code ist abgelaufen. Senden Sie einen neuen.",
  wrong_passcode: "Dieser Passcode stimmt nicht oder hat eben gewechselt. Geben Sie den ein, der jetzt da steht.",
  passcode_used: "Diesen Passcode haben Sie schon benutzt. Warten Sie auf den nächsten.",
  reason_needed: "Schreiben Sie den Grund, mit 5 bis 200 Zeichen.",
  locked: (time) =>
    time === null
      ? "Nach zu vielen Versuchen gesperrt. Der Service Desk kann entsperren."
      : `Nach zu vielen Versuchen gesperrt. Neuer Versuch um ${time}.`,
  too_many: (time) =>
    time === null ? "Das war zu oft. Versuchen Sie es später noch einmal." : `Das war zu oft. Neuer Versuch um ${time}.`,
  unavailable: "Der Dienst kann das gerade nicht. Nichts wurde geändert. Versuchen Sie es in einer Minute noch einmal.",
  unreachable: "Der Gerätedienst ist nicht erreichbar. Nichts wurde geändert. Versuchen Sie es noch einmal.",
  unforeseen: "Bei uns ging etwas schief. Versuchen Sie es noch einmal, oder fragen Sie den Service Desk.",
};
