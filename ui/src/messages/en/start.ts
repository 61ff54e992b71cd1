/** English: first run, lock and files that cannot be opened. */
import { plural } from "../plural";

export const start = {
  first: {
    title: "Your signature, confirmed.",
    body: "Countersign is the second signature on your sign-ins. Set up this phone to start.",
    scan: "Scan an activation code",
    where: "The code is on your organisation’s My Settings & Devices page. Open that page on a computer.",
    change: "I have a new phone or number",
    changeBody: "Or I reinstalled the app. We’ll do it step by step.",
    other: "Other ways to add an account",
  },

  lock: {
    enterPin: "Enter your PIN",
    enterPassphrase: "Enter your passphrase",
    pin: "PIN",
    passphrase: "Passphrase",
    keypad: "PIN keypad",
    deleteLast: "Delete last digit",
    entered: (n: number, of: number) => `${n} of ${of} digits entered`,
    unlock: "Unlock",
    unlocking: "Unlocking…",
    wrongPin: (n: number | null) =>
      n === null ? "That PIN isn’t right." : `That PIN isn’t right. ${n} ${plural(n, "try", "tries")} left, then a 1-minute wait.`,
    wrongPassphrase: (n: number | null) =>
      n === null
        ? "That passphrase isn’t right. Capital letters and spaces count."
        : `That passphrase isn’t right. ${n} ${plural(n, "try", "tries")} left, then a 1-minute wait.`,
    waitTitle: (time: string) => `Try again in ${time}`,
    waitPin: "Five wrong PINs in a row. Waiting keeps guessers out.",
    waitPassphrase: "Five wrong passphrases in a row. Waiting keeps guessers out.",
    waitRepeated: "Too many wrong ones in a row. Each makes the wait longer, which keeps guessers out.",
    forgotPin: "Forgot your PIN?",
    forgotPassphrase: "Forgot your passphrase?",
    forgottenPin: "Forgotten PIN",
    forgottenPassphrase: "Forgotten passphrase",
    forgottenPinBody: "The PIN can’t be read back, only replaced. Start again here, then reactivate your hospital account.",
    forgottenPassphraseBody: "The passphrase can’t be read back, only replaced. Start again here, then reactivate your hospital account.",
    tryPin: "Try another PIN",
    tryPassphrase: "Try another passphrase",
    stoppedTitle: "This phone is signed out of your hospital account",
    stoppedPin: "Ten wrong PINs, so its keys were erased to keep guessers out.",
    stoppedPassphrase: "Ten wrong passphrases, so its keys were erased to keep guessers out.",
    stoppedNext: "Start again, then reactivate this phone from My Settings & Devices. Your other accounts come back if you have a backup.",
    safe: "Your accounts are safe and nothing was deleted.",
  },

  setup: {
    bar: "App lock",
    choosePin: "Choose a 6-digit PIN",
    againPin: "Type it again",
    weakPin: (pin: string) =>
      pin === "123456"
        ? "123456 is the first one people guess. Choose another."
        : `${pin} is one of the first people guess. Choose another.`,
    differentPins: "The two PINs aren’t the same. Start again.",
    choosePassphrase: "Choose a passphrase",
    passphraseHint: "Four or more words you will remember. We don’t know it and can’t reset it.",
    whyPassphrase: "This computer has no safe place for a PIN, so a passphrase locks your accounts.",
    againPassphrase: "Type it again",
    weakPassphrase: "Too easy to guess. Add a word.",
    differentPassphrases: "The two aren’t the same. Look at the last word.",
    goodPassphrase: (words: number) => (words > 1 ? `Good: ${words} words, hard to guess` : "Good: hard to guess"),
    showPassphrase: "Show passphrase",
    hidePassphrase: "Hide passphrase",
    next: "Continue",
    working: "Setting up…",
  },

  change: {
    currentPin: "Enter your current PIN",
    currentPassphrase: "Enter your current passphrase",
    working: "Changing…",
    changedPin: "Your PIN is changed",
    changedPassphrase: "Your passphrase is changed",
    changedBody: "The new one unlocks Countersign from now on.",
  },

  start: {
    works: "What still works",
    bring: "Bring my accounts back",
    later: "Show my passcodes",
    decide: "Decide",
    cost: "If you go on here, your hospital account is reactivated next. On the other phone it stops.",
    reinstalled: {
      title: "Countersign was reinstalled",
      body: "Its accounts stayed with the old installation, so that nobody else can use them.",
      works: "Your other devices, and calls to your number. Getting back in step takes about a minute.",
    },
    elsewhere: {
      title: "These accounts are from another phone",
      body: "They were restored or copied here, but the key that opens them stayed behind.",
      works: "Countersign on the other phone, if you still have it. Nothing was deleted here.",
      locked: "Is it the same phone? Its safe may be locked. Sign in to it as usual, then try again.",
    },
    another: {
      title: "These accounts are a copy",
      body: "They were copied here from another phone, so no sign-in request is answered here.",
      works: "Everything on the other phone, and your passcodes here.",
      use: "Use this phone from now on",
      same: "It’s the same phone",
    },
    older: {
      title: "This is an older copy of your accounts",
      body: "The file was put back from before, so no sign-in request is answered with it.",
      works: "Your other devices, and your passcodes here.",
      use: "Go on with this copy",
    },
  },

  startAgain: {
    button: "Start again",
    title: "Start again on this phone?",
    body: "You begin with an empty list and set up your accounts once more. The file with the old ones is kept beside the new one under another name. Nothing is deleted.",
    yes: "Start again",
    working: "Starting…",
  },

  faulty: {
    damagedTitle: "Your accounts file is damaged",
    damagedBody: "Something changed it from outside, so we don’t open it. Put back a copy from a backup of this device, then try again.",
    notAVaultTitle: "This isn’t a Countersign file",
    notAVaultBody: "Another file lies where your accounts should be. Move it away or put the right one back, then try again.",
    tooNewTitle: "This file is from a newer Countersign",
    tooNewBody: "Update Countersign on this device, then try again.",
    unreadableTitle: "We couldn’t open your accounts",
    unreadableBody: "The device refused to open the file. Restart the device and try again.",
    inUseTitle: "Countersign is open already",
    inUseBody: "Another copy of it holds your accounts. Use that one, or close it and try again.",
    nothingDeleted: "Nothing was deleted.",
    where: "The file is here:",
  },
};
