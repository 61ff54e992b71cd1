/** English: backing up and restoring. */
import { plural } from "../plural";

const accounts = (n: number) => `${n} ${plural(n, "account", "accounts")}`;

export const backup = {
  backup: {
    title: "Backup",
    on: "On",
    off: "Off",
    here: "Back up on this phone",
    locked: "Locked with your backup passphrase",
    last: (when: string, held: number, of: number) => {
      const said = `Last backup ${when}.`;
      if (held === 0) return `${said} None of your accounts is in it whole.`;
      if (held < of) return `${said} ${held} of your ${of} accounts ${plural(held, "is", "are")} in it.`;
      return `${said} ${of === 1 ? "Your account is" : `All ${of} of your accounts are`} in it.`;
    },
    none: "There is no backup in the folder. The next one is written by itself.",
    folder: (folder: string) => `Folder: ${folder}`,
    why: "If this phone is lost or restored, your accounts come back from it. It is kept up by itself.",
    held: "In the backup",
    missing: "Not in the backup",
    reactivate: "Reactivate it on a new phone. It takes a minute.",
    askThere: (organisation: string) => `Ask ${organisation} for a new code.`,
    notYet: "Not yet. The next backup adds it.",
    now: "Back up now",
    working: "Backing up…",
    change: "Change passphrase",
    another: "Choose another folder",
    anotherBody: "On a drive, or one that is synchronised. The backups so far go along.",
    choosing: "Choosing a folder…",
    tryOut: "Try the passphrase",
    tryOutBody: "Opens the newest backup as a new phone would",
    faultFolder: "The last backup couldn’t be written",
    faultFolderBody: (mayChoose: boolean) =>
      `Its folder is gone or can’t be written. Connect the drive or make the folder again, then back up now.${
        mayChoose ? " Or choose another folder." : ""
      } Earlier backups stay.`,
    faultFull: "There is no room for the backup",
    faultFullBody: "Free some space, then back up now. Earlier backups stay.",
    offTitle: "Turn off the backup?",
    offBody: "The backups that exist stay where they are, and no new ones are written.",
    offYes: "Turn off",
    offWorking: "Turning off…",
    keep: "Keep it on",
    choose: "Choose a backup passphrase",
    label: "Backup passphrase",
    turnOn: "Turn on backup",
    turningOn: "Turning on…",
    openBackup: "Open the backup",
    opening: "Opening…",
    readable: (n: number, of: number) => (of === 0 ? "Your passphrase opens the backup" : `${n} of ${accounts(of)} readable`),
    allBody: (of: number) =>
      of === 0
        ? "No account on this phone can be kept in it whole. Hospital accounts are reactivated instead."
        : `Your passphrase opens the backup. It would bring ${of === 1 ? "it" : "all of them"} back.`,
    someBody: "The newest backup is older than some of your accounts. Back up now, then try again.",
    wrong: "That passphrase doesn’t open this backup. Capital letters and spaces count.",
    notBackedUp: (n: number) => `${accounts(n)} ${plural(n, "is", "are")} in no backup`,
    notBackedUpBody: (n: number) =>
      `If this phone is lost, ${n === 1 ? "it has to be set up again" : "they have to be set up again one by one"}.`,
  },

  restore: {
    bar: "Restore a backup",
    wayBody: "Accounts you saved from Countersign",
    firstBody: "Bring back saved accounts",
    looking: "Looking for a backup…",
    found: "We found a backup",
    made: (when: string, device: string) => (device === "" ? `Made ${when}.` : `Made ${when}, on ${device}.`),
    hospital: "Hospital accounts come back another way",
    hospitalBody: "After this you reactivate them, one tap each.",
    go: (n: number) => (n === 0 ? "Restore" : `Restore ${accounts(n)}`),
    working: "Restoring…",
    different: "Use a different file",
    forgotten: "Forgotten it?",
    forgottenBody: "The backup can’t be opened without it. You can set the accounts up again one by one.",
    setUp: "Set up my hospital account again",
    noneTitle: "No backup found here",
    noneBody: "Choose the file yourself, or set the accounts up again.",
    choose: "Choose the file",
    whereTitle: "Where is your backup?",
    whereBody: "Bring its file to this phone, then choose it here.",
    backToFound: "Back to the backup we found",
    done: (back: number, needing: number) => {
      const came = `${accounts(back)} ${plural(back, "is", "are")} back.`;
      if (needing === 0) return came;
      // “2 need you” is understood only after a sentence about accounts
      if (back === 0) return `${needing} ${plural(needing, "account needs", "accounts need")} you.`;
      return `${came} ${needing} ${plural(needing, "needs", "need")} you.`;
    },
    nothingNew: "Nothing new in this backup",
    nothingBody: "There is no account in it.",
    here: (n: number) => `${n} ${plural(n, "was", "were")} here already and stayed as ${plural(n, "it is", "they are")}.`,
    works: "Works",
    reactivate: "Reactivate hospital account",
    later: "Later",
  },

  export: {
    bar: "Save a copy",
    row: "Save a copy for another app",
    title: (n: number) => `Save ${accounts(n)} as a file`,
    codesTitle: (n: number) => `Show ${accounts(n)} as codes`,
    body: "Anyone who opens this file can make your passcodes. Keep it locked and away from email.",
    codesBody: "Anyone who photographs these codes can make your passcodes. Show them to your own phone only.",
    forms: "How to save them",
    locked: "Locked file",
    lockedBody: "Opens with your backup passphrase",
    lockedOff: "Turn on the backup first: its passphrase opens the file",
    aegis: "Locked file for other apps",
    aegisBody: "Made for Aegis, with a password of its own",
    text: "Open text file",
    textBody: "For moving to another app. Delete it afterwards.",
    codes: "Codes to scan",
    codesForm: "For Google Authenticator on another phone",
    noFolder: "This device has no folder for files",
    password: "Password of the file",
    leftOut: (n: number, names: string) => `${accounts(n)} can’t be copied and ${plural(n, "is", "are")} left out: ${names}.`,
    noneTitle: "No account can be copied",
    noneBody: "Hospital accounts stay on the phone they were activated on. Reactivate them on a new phone instead.",
    save: "Save file",
    saving: "Saving…",
    show: "Show codes",
    saved: (n: number) => `${accounts(n)} saved`,
    savedAs: "Saved as",
    deleteIt: "Delete this file as soon as the other app has it.",
    nothing: "Nothing could be saved like this",
    nothingBody: "None of your accounts has a place in it. Choose another way.",
    codeOf: (at: number, of: number) => (of === 1 ? "Scan this code" : `Scan code ${at} of ${of}`),
    codeBody: "In the other app, choose to import accounts, then point its camera here.",
    next: "Next code",
    missing: "Not in it",
    why: {
      kind: "The other app would make other passcodes of it",
      room: "There is no room for it",
      unusable: "It makes no passcodes",
    },
    names: (n: number) =>
      `${plural(n, "The name", `The ${n} names`)} that you gave ${plural(n, "an account", "accounts")} yourself can’t come along.`,
  },
};
