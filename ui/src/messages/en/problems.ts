/** English: refusals. */
import { plural } from "../plural";

export const problems = {
  problem: {
    lockedTitle: "Countersign is locked",
    lockedBody: "Unlock it and try again.",
    wrongSecretTitle: "That PIN isn’t right",
    wrongSecretBody: "Type it again.",
    mustWaitTitle: (seconds: number) => `Try again in ${seconds} ${plural(seconds, "second", "seconds")}`,
    mustWaitBody: "Waiting keeps guessers out. Nothing was deleted.",
    weakSecretTitle: "That is too easy to guess",
    weakSecretBody: "Choose another.",
    keystoreTitle: "This device’s safe can’t be reached",
    keystoreBody: "Countersign keeps half of its key there. Unlock the device’s keyring or restart the device, then try again.",
    notStoredTitle: "That couldn’t be saved",
    notStoredBody: "The device may be out of space. Nothing was lost. Free some space, then try again.",
    noCodeTitle: "No code in that picture",
    noCodeBody: "Use one that shows all four corners of the code.",
    notPictureTitle: "That file isn’t a picture",
    notPictureBody: "Use a screenshot or a photo of the code: PNG, JPEG, WebP or GIF.",
    emptyClipboardTitle: "No code on the clipboard",
    emptyClipboardBody: "Copy the picture of the code, or its link, then try again.",
    notActivationTitle: "That isn’t an activation link",
    notActivationBody: "It should start with https:// and end in letters and numbers.",
    draftGoneTitle: "That took too long",
    draftGoneBody: "Read the code once more.",
    codeRefusedTitle: "This code doesn’t work any more",
    codeRefusedBody:
      "It has expired or was used already: codes last 10 minutes and work once. Make a new one in My Settings & Devices, then use that.",
    hostRefusedTitle: "This address isn’t allowed",
    hostRefusedBody: (host: string) =>
      `Countersign doesn’t connect to ${host}. A service needs a full name on the internet, or a place on your organisation’s list.`,
    hostUnknownTitle: "That address can’t be found",
    hostUnknownBody: (host: string) =>
      `No computer answers to ${host}. Check that you’re online, then compare the address with the page you got the code from.`,
    certificateTitle: "The connection isn’t safe",
    certificateBody: (host: string) =>
      `${host} couldn’t prove that it is who it says, so we sent nothing. Try another network. If it stays like this, tell your Service Desk.`,
    serviceDownTitle: "Couldn’t reach your organisation’s server",
    serviceDownBody: (host: string) =>
      host === ""
        ? "Nothing changed. Check that this phone is online, then try again."
        : `${host} doesn’t answer. Nothing changed. Check that this phone is online, then try again.`,
    notServiceTitle: "There is no sign-in service at that address",
    notServiceBody: (host: string) => `${host} answered, but not as a service for this app. Check that you have the right code.`,
    serviceRefusedTitle: "The service said no",
    serviceRefusedBody: "Nothing changed. Make a new code in My Settings & Devices, or ask your Service Desk.",
    clockTitle: "This phone’s clock is wrong",
    clockBody: "Your organisation’s server doesn’t take answers dated so far off. Turn on automatic date and time, then try again.",
    accountGoneTitle: "That account isn’t on this phone any more",
    accountGoneBody: "It was removed. Add it again if you still need it.",
    requestGoneTitle: "That request isn’t waiting any more",
    requestGoneBody: "It ran out or was answered elsewhere. Ask for a new one.",
    keyTitle: "That key can’t be right",
    keyShortTitle: "That key is too short",
    nameTitle: "A name is missing",
    nameLongTitle: "That name is too long",
    alreadyTitle: "You already have this account",
    alreadyBody: (name: string) => (name === "" ? "It is on this phone and works." : `${name} is on this phone and works.`),
    freshUnlockTitle: "Countersign asks for your PIN first",
    freshUnlockBody: "Type it, then approve again.",
    olderCopyTitle: "This is an older copy of your accounts",
    olderCopyBody: "Nothing new is kept in it. Decide on the list of accounts whether to go on with it.",
    unforeseenTitle: "That didn’t work",
    unforeseenBody: "We don’t know why. Nothing was deleted. Try again; if it stays like this, restart Countersign.",
  },
};
