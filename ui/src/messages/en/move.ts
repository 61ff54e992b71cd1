/** Moving to another phone with both in hand. */
import { plural } from "../plural";

const accounts = (n: number) => `${n} other ${plural(n, "account", "accounts")}`;

export const move = {
  move: {
    bar: "Move to a new phone",
    row: "Move to a new phone",
    title: "Have both phones in your hands",
    body: "This phone goes on working until you have tried the new one.",
    noneTitle: "No hospital account to move",
    noneBody: "Other accounts move as codes that the new phone scans.",
    install: "Install Countersign on the new phone",
    compare: "Scan with it, and compare a number on both",
    test: "Approve a test on the new phone: then this one stops",
    accounts: "What moves",
    older: "Can’t move. Reactivate it on the new phone instead.",
    done: "Moved",
    othersLater: (n: number) => `Your ${accounts(n)} ${plural(n, "moves", "move")} as codes afterwards.`,
    show: "Show the code",
    showNext: "Show the next code",
    newCode: "Show a new code",
    scan: "Scan this with the new phone",
    digits: "Does the new phone show this number?",
    digitsBody: (model: string) =>
      model === ""
        ? "If it shows another one, somebody else scanned the code."
        : `It says it is “${model}”. If it shows another number, somebody else scanned the code.`,
    same: "Yes, they match",
    differs: "No, it shows something else",
    finishing: "The new phone makes its own keys",
    finishingBody: "This takes a moment.",
    waiting: "Waiting for the new phone",
    approve: (device: string) => `Now approve on ${device}`,
    approveBody: "The new phone shows a request. Once you approve it there, it takes over and this phone stops.",
    onItsWay: "The request is on its way…",
    arrived: "The request is there",
    denied: (device: string) => `${device} said no`,
    deniedBody: "Nothing changed: this phone works as before. If you pressed the wrong button, ask again.",
    unanswered: (device: string) => `No answer from ${device}`,
    unansweredBody: "The request arrived there and ran out. This phone works as before.",
    neverArrived: "The request did not arrive there. Is the new phone online, with Countersign open? This phone works as before.",
    again: "Ask again",
    stop: "Stop the move",
    over: "That code is over",
    overBody: "Nothing changed: this phone works as before. Codes last 10 minutes.",
    foreign: "Nothing was moved",
    foreignBody: "Another phone scanned that code before yours, so the code is closed. This phone works as before.",
    moved: "Your new phone confirms your sign-ins now",
    movedBody: (organisation: string) => `This phone has stopped for ${organisation}.`,
    next: (organisation: string) => `Next: ${organisation}.`,
    othersLeft: (n: number) => `Your ${accounts(n)} ${plural(n, "is", "are")} still only here.`,
    hint: "Old phone in your hand?",
    hintBody: "Then you need no password. On the old phone: Settings, Move to a new phone.",
    hintScan: "Scan its code",
    others: (n: number) => `Show the codes of ${accounts(n)}`,
  },
};
