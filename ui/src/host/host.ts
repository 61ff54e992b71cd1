/** What a window may ask of the program around it, in the words of the glossary. */
import type { AccountView } from "./generated/AccountView";
import type { ActivatedView } from "./generated/ActivatedView";
import type { ActivityView } from "./generated/ActivityView";
import type { Answer } from "./generated/Answer";
import type { AnswerOutcome } from "./generated/AnswerOutcome";
import type { AppView } from "./generated/AppView";
import type { BackupFound } from "./generated/BackupFound";
import type { BackupView } from "./generated/BackupView";
import type { CheckView } from "./generated/CheckView";
import type { ExportForm } from "./generated/ExportForm";
import type { ExportView } from "./generated/ExportView";
import type { ExportedView } from "./generated/ExportedView";
import type { ImportFound } from "./generated/ImportFound";
import type { ImportReceipt } from "./generated/ImportReceipt";
import type { ImportView } from "./generated/ImportView";
import type { MoveAct } from "./generated/MoveAct";
import type { MoveStanding } from "./generated/MoveStanding";
import type { MoveView } from "./generated/MoveView";
import type { PasscodeView } from "./generated/PasscodeView";
import type { PassphraseView } from "./generated/PassphraseView";
import type { RehearsalView } from "./generated/RehearsalView";
import type { RestoreReceipt } from "./generated/RestoreReceipt";
import type { ScanView } from "./generated/ScanView";
import type { ServiceHostView } from "./generated/ServiceHostView";
import type { SettingsView } from "./generated/SettingsView";
import type { TypedAccount } from "./generated/TypedAccount";
import type { UnimportedView } from "./generated/UnimportedView";
import type { Portal } from "./portal";

/** By what My Settings & Devices is entered: an account of this app, or a host where there is none yet. */
export type Door = { account: string } | { host: string };

export const doorKey = (door: Door): string => ("account" in door ? `account ${door.account}` : `host ${door.host}`);

/** What this platform can do; what it cannot do is not offered. */
export interface Capabilities {
  /** A camera reads codes by itself. */
  camera: boolean;
  /** Pictures and texts can be read from the clipboard. */
  clipboard: boolean;
  /** Files can be dropped on the window. */
  drop: boolean;
  /** Codes that stand on this computer's screen can be read. */
  capture: boolean;
  /** The window can be printed. */
  print: boolean;
  /** There is a folder for backups that outlives the app. */
  backups: boolean;
  /** Whether the system shows this app's notifications; `none` = it has none to show. */
  notifications: "on" | "off" | "none";
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
  /** The same secret once more, while the app is open; a wrong one counts as a try. */
  confirmSecret(secret: string): Promise<void>;
  changeSecret(current: string, next: string): Promise<AppView>;
  ratePassphrase(secret: string): Promise<PassphraseView>;
  /** Somebody uses the window, so the app does not lock by itself yet. */
  touched(): Promise<void>;
  /** Begins anew; the file that cannot be used is kept under another name, never deleted. */
  startAgain(): Promise<AppView>;
  /** Goes on with a file that is older than the one this device had last. */
  useOlderCopy(): Promise<AppView>;
  /** What looked like another phone’s copy is this one’s own: its keys stay. */
  keepCopy(): Promise<AppView>;

  changeSettings(settings: SettingsView): Promise<AppView>;
  /** What happened on this device, newest first. */
  activity(): Promise<ActivityView[]>;
  checkUp(): Promise<CheckView[]>;

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
  captureScreen(): Promise<ScanView[]>;
  /** The link or picture that the program was opened with. */
  takeIncoming(): Promise<ScanView[]>;

  /** The account, or digits that the page with the code must show too; then `finishActivation` goes on. */
  activate(draft: string): Promise<ActivatedView>;
  /** Waits until somebody compared the digits. */
  finishActivation(id: string): Promise<AccountView>;
  addOther(draft: string): Promise<AccountView>;
  /** Another app’s export, whose accounts are added by `import`. */
  readImport(bytes: Uint8Array): Promise<ImportView>;
  /** The same of one that is locked with a password. */
  unlockImport(draft: string, password: string): Promise<ImportFound>;
  /** Adds the accounts at these places of an export: all of them, or none. */
  import(draft: string, positions: number[]): Promise<ImportReceipt>;
  /** What imports could not take, the last import first. */
  unimported(): Promise<UnimportedView[]>;
  /** Takes entries off that list; the draft is what `keepUnimported` takes that back by. */
  dismissUnimported(ids: string[]): Promise<string>;
  keepUnimported(draft: string): Promise<void>;
  addTyped(account: TypedAccount): Promise<AccountView>;
  /** How the backup stands, as its newest file says. */
  backup(): Promise<BackupView>;
  /** Turns it on, or gives it another passphrase; needs the app’s own PIN or passphrase just now. */
  turnOnBackup(passphrase: string): Promise<BackupView>;
  turnOffBackup(): Promise<BackupView>;
  backUpNow(): Promise<BackupView>;
  /** Asks in the system’s own dialog, headed by `title`, for another folder, and moves the backup there; null where the person chose none. */
  chooseBackupFolder(title: string): Promise<BackupView | null>;
  /** Opens the newest backup with its passphrase, and counts what it would bring back. */
  rehearseBackup(passphrase: string): Promise<RehearsalView>;
  /** The newest backup that lies here. */
  findBackup(): Promise<BackupFound | null>;
  /** The same of a file. */
  readBackup(bytes: Uint8Array): Promise<BackupFound>;
  /** Brings back what is in a backup and not here: all of it, or nothing. */
  restore(draft: string, passphrase: string): Promise<RestoreReceipt>;
  /** What can be saved of the list for another app. */
  exportView(): Promise<ExportView>;
  /** Saves it; needs the app’s own PIN or passphrase just now. `password` locks a file for Aegis and is empty for the others. */
  export(form: ExportForm, password: string): Promise<ExportedView>;
  /** What another phone can take over, and the move that is under way. */
  moveView(): Promise<MoveView>;
  /** Makes a code for the phone that takes this one’s place; needs the app’s own PIN or passphrase just now. */
  beginMove(id: string): Promise<MoveStanding>;
  /** How the move stands; held while it stands as `seen` says. */
  moveNews(seen: string): Promise<MoveStanding>;
  actOnMove(act: MoveAct): Promise<MoveStanding>;
  rename(id: string, name: string): Promise<void>;
  /** Takes an account off the list; for a while `undoRemove` puts it back. */
  remove(id: string): Promise<void>;
  undoRemove(id: string): Promise<void>;
  deleteForGood(id: string): Promise<void>;
  /** Keeps the accounts in this order. */
  reorder(ids: string[]): Promise<void>;

  answer(id: string, answer: Answer): Promise<AnswerOutcome>;
  denyAll(ids: string[]): Promise<AnswerOutcome[]>;
  /** Says to a change of another device whether it was the person’s own; `notMe` stops what came of it. */
  answerNotice(id: string, notMe: boolean): Promise<void>;
  sendTest(accountId: string): Promise<void>;

  /** My Settings & Devices behind a door. */
  selfService(door: Door): Portal;
  /** The hosts that the site’s administrator allows. */
  serviceHosts(): Promise<string[]>;
  /** The host of a typed address, to be shown in full before anything is asked there. */
  readServiceHost(text: string): Promise<ServiceHostView>;
}
