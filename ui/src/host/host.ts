/** What a window may ask of the program around it, in the words of the glossary. */
import type { AccountView } from "./generated/AccountView";
import type { Answer } from "./generated/Answer";
import type { AnswerOutcome } from "./generated/AnswerOutcome";
import type { AppView } from "./generated/AppView";
import type { PasscodeView } from "./generated/PasscodeView";
import type { ScanView } from "./generated/ScanView";
import type { TypedAccount } from "./generated/TypedAccount";

/** What this platform can do; what it cannot do is not offered. */
export interface Capabilities {
  /** A camera reads codes by itself. */
  camera: boolean;
  /** Pictures and texts can be read from the clipboard. */
  clipboard: boolean;
  /** Files can be dropped on the window. */
  drop: boolean;
}

/** What came of the camera: a code, or nothing because the person left it or has turned it off for us. */
export type CameraScan = { is: "code"; scan: ScanView } | { is: "left" } | { is: "off" };

/**
 * The program around the window. Every method that can be refused rejects with a `Problem`
 * (see `problem.ts`); nothing else is ever thrown.
 */
export interface Host {
  capabilities(): Promise<Capabilities>;
  view(): Promise<AppView>;
  /** Calls `listener` when `view` would answer something new; the result stops it. */
  onChanged(listener: () => void): Promise<() => void>;

  createVault(secret: string): Promise<AppView>;
  unlock(secret: string): Promise<AppView>;
  lock(): Promise<AppView>;

  passcodes(ids: string[]): Promise<PasscodeView[]>;
  /** Uses up one passcode of a counter-based account and answers it. */
  nextPasscode(id: string): Promise<PasscodeView>;
  /** Copies without the digits crossing into the window's clipboard. */
  copyPasscode(id: string): Promise<void>;

  /** One code through the camera. */
  scan(): Promise<CameraScan>;
  /** The system's page where this app is allowed the camera. */
  openSystemSettings(): Promise<void>;
  readText(text: string): Promise<ScanView>;
  readPicture(bytes: Uint8Array): Promise<ScanView[]>;
  readClipboard(): Promise<ScanView[]>;
  /** The link or picture that the program was opened with. */
  takeIncoming(): Promise<ScanView[]>;

  activate(draft: string): Promise<AccountView>;
  addOther(draft: string): Promise<AccountView>;
  addTyped(account: TypedAccount): Promise<AccountView>;
  rename(id: string, name: string): Promise<void>;
  remove(id: string): Promise<void>;

  answer(id: string, answer: Answer): Promise<AnswerOutcome>;
  sendTest(accountId: string): Promise<void>;
}
