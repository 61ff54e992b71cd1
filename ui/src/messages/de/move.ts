/** German: moving to another phone with both in hand. */
import { plural } from "../plural";

const accounts = (n: number) => `${n} ${plural(n, "weiteres Konto", "weitere Konten")}`;

export const move = {
  move: {
    bar: "Auf ein neues Telefon umziehen",
    row: "Auf ein neues Telefon umziehen",
    title: "Nehmen Sie beide Telefone zur Hand",
    body: "Dieses Telefon funktioniert weiter, bis Sie das neue ausprobiert haben.",
    noneTitle: "Kein Klinikkonto zum Umziehen",
    noneCan: "Keines davon kann umziehen",
    noneBody: "Andere Konten ziehen als Codes um, die das neue Telefon scannt.",
    install: "Installieren Sie Countersign auf dem neuen Telefon",
    compare: "Scannen Sie damit, und vergleichen Sie auf beiden eine Zahl",
    test: "Bestätigen Sie auf dem neuen Telefon einen Test: Dann hört dieses auf",
    accounts: "Was umzieht",
    older: "Kann nicht umziehen. Aktivieren Sie es auf dem neuen Telefon neu.",
    done: "Umgezogen",
    othersLater: (n: number) => `${accounts(n)} ${plural(n, "zieht", "ziehen")} danach als Codes um.`,
    show: "Code zeigen",
    showNext: "Nächsten Code zeigen",
    newCode: "Neuen Code zeigen",
    scan: "Scannen Sie das mit dem neuen Telefon",
    digits: "Zeigt das neue Telefon diese Zahl?",
    digitsBody: (model: string) =>
      model === ""
        ? "Zeigt es eine andere, hat jemand anders den Code gescannt."
        : `Es nennt sich „${model}“. Zeigt es eine andere Zahl, hat jemand anders den Code gescannt.`,
    same: "Ja, sie stimmen überein",
    differs: "Nein, es zeigt etwas anderes",
    finishing: "Das neue Telefon erzeugt eigene Schlüssel",
    finishingBody: "Das dauert einen Augenblick.",
    waiting: "Wir warten auf das neue Telefon",
    approve: (device: string) => `Bestätigen Sie jetzt auf ${device}`,
    approveBody: "Das neue Telefon zeigt eine Anfrage. Sobald Sie sie dort bestätigen, übernimmt es, und dieses Telefon hört auf.",
    onItsWay: "Die Anfrage ist unterwegs …",
    arrived: "Die Anfrage ist dort",
    denied: (device: string) => `${device} hat abgelehnt`,
    deniedBody: "Nichts hat sich geändert: Dieses Telefon funktioniert wie bisher. War es der falsche Knopf, fragen Sie noch einmal.",
    unanswered: (device: string) => `Keine Antwort von ${device}`,
    unansweredBody: "Die Anfrage kam dort an und lief ab. Dieses Telefon funktioniert wie bisher.",
    neverArrived:
      "Die Anfrage kam dort nicht an. Ist das neue Telefon im Netz und Countersign dort offen? Dieses Telefon funktioniert wie bisher.",
    again: "Noch einmal fragen",
    stop: "Umzug abbrechen",
    over: "Dieser Code gilt nicht mehr",
    overBody: "Nichts hat sich geändert: Dieses Telefon funktioniert wie bisher. Codes gelten 10 Minuten.",
    stopped: "Der Umzug ist abgebrochen",
    stoppedBody: "Dieses Telefon funktioniert wie bisher.",
    foreign: "Nichts ist umgezogen",
    foreignBody: "Ein anderes Telefon hat den Code vor Ihrem gescannt, deshalb gilt er nicht mehr. Dieses Telefon funktioniert wie bisher.",
    moved: "Ihr neues Telefon bestätigt jetzt Ihre Anmeldungen",
    movedBody: (organisation: string) => `Dieses Telefon hat für ${organisation} aufgehört.`,
    next: (organisation: string) => `Als Nächstes: ${organisation}.`,
    othersLeft: (n: number) => `${accounts(n)} ${plural(n, "liegt", "liegen")} noch nur hier.`,
    hint: "Haben Sie das alte Telefon zur Hand?",
    hintBody: "Dann brauchen Sie kein Passwort. Auf dem alten Telefon: Einstellungen, Auf ein neues Telefon umziehen.",
    hintScan: "Dessen Code scannen",
    others: (n: number) => `Codes zeigen: ${accounts(n)}`,
  },
};
