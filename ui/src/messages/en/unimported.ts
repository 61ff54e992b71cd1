/** English: what imports could not take. */
import { plural } from "../plural";

export const unimported = {
  title: "Could not be imported",
  /** A list of links is no app's. */
  links: "A list of links",
  steam: "Steam’s own file",
  home: (n: number) => `${n} ${plural(n, "account", "accounts")} could not be imported`,
  homeBody: "Nothing is lost: each one says what to do.",
  see: "See what to do",
  lede: "They stay on this phone until you fix or dismiss them. They are in no backup.",
  emptyTitle: "Nothing left to fix",
  emptyBody: "What an import can’t take is kept here until you fix or dismiss it.",
  dismiss: "Dismiss",
  dismissAll: "Dismiss all",
  dismissed: (n: number) => `${n} ${plural(n, "entry", "entries")} dismissed`,
  from: "From",
  entry: (n: number) => `Entry ${n} of the file`,
  short: {
    no_key: "It has no key",
    bad_key: "Its key is damaged",
    bad_settings: "Its settings are damaged",
    kind: "Countersign can’t make its passcodes",
    push_only: "It works by push alone",
    form: "It can’t be read as an account",
  },
  why: {
    no_key: "The file names this account and leaves its key out. Nobody can make its passcodes without the key.",
    bad_key: "A part of its key was lost on the way. Its passcodes would be wrong.",
    bad_settings: "The file says something impossible about its passcodes: their length, or how long each lasts.",
    kind: "Its passcodes are of a kind that Countersign doesn’t make.",
    push_only: "It answers sign-ins with a key that can’t leave the other app.",
    form: "The file may hold it in a way that Countersign doesn’t know, or it was never an account.",
  },
  what: "What to do",
  key: (name: string) =>
    `Look for its key or its square code: in the other app, or at ${name} where sign-in security is set up. You can also ask ${name} for a new code.`,
  keyUnnamed: "Look for its key or its square code: in the other app, or where you sign in with it.",
  again: (name: string) => `Sign in at ${name}, and set up an authenticator app there once more. Then scan the new code with Countersign.`,
  againUnnamed: "Sign in where you use it, and set up an authenticator app there once more. Then scan the new code with Countersign.",
  typeKey: "Type its key",
  scan: "Scan its code",
  scanNew: "Scan the new code",
};
