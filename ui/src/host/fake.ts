/** A host made of plain objects: for tests of the state, and for looking at the screens without a program behind. */
import type { AccountView } from "./generated/AccountView";
import type { ActivityView } from "./generated/ActivityView";
import type { Answer } from "./generated/Answer";
import type { AnswerResult } from "./generated/AnswerResult";
import type { AppView } from "./generated/AppView";
import type { BackupFound } from "./generated/BackupFound";
import type { BackupView } from "./generated/BackupView";
import type { CheckView } from "./generated/CheckView";
import type { ExportView } from "./generated/ExportView";
import type { ExportedView } from "./generated/ExportedView";
import type { ImportView } from "./generated/ImportView";
import type { MoveStanding } from "./generated/MoveStanding";
import type { MoveView } from "./generated/MoveView";
import type { NoticeView } from "./generated/NoticeView";
import type { PasscodeView } from "./generated/PasscodeView";
import type { PassphraseView } from "./generated/PassphraseView";
import type { RehearsalView } from "./generated/RehearsalView";
import type { RequestView } from "./generated/RequestView";
import type { ScanView } from "./generated/ScanView";
import type { SettingsView } from "./generated/SettingsView";
import type { TypedAccount } from "./generated/TypedAccount";
import type { UnimportedView } from "./generated/UnimportedView";
import type { CameraScan, Capabilities, Door, Host } from "./host";
import type { Portal } from "./portal";
import { FakePortal } from "./portal-fake";
import { problem } from "./problem";

export type OpenView = Extract<AppView, { at: "open" }>;
export type FirstView = Extract<AppView, { at: "first" }>;
export type LockedView = Extract<AppView, { at: "locked" }>;

export const settingsView = (changes: Partial<SettingsView> = {}): SettingsView => ({
  lock_after: "one_minute",
  hide_passcodes: false,
  ask_before_approving: false,
  notification_details: false,
  ...changes,
});

export const openView = (changes: Partial<OpenView> = {}): OpenView => ({
  at: "open",
  accounts: [],
  requests: [],
  answered: [],
  notices: [],
  connection: "online",
  clock: null,
  unlock_with: "pin",
  incoming: false,
  settings: settingsView(),
  trash: [],
  unimported: 0,
  copy: null,
  backup_on: false,
  check_up_count: 0,
  ...changes,
});

export const firstView = (changes: Partial<FirstView> = {}): FirstView => ({
  at: "first",
  unlock_with: "pin",
  reinstalled: false,
  ...changes,
});

export const lockedView = (changes: Partial<LockedView> = {}): LockedView => ({
  at: "locked",
  unlock_with: "pin",
  tries_left: null,
  wait_seconds: 0,
  stopped: false,
  biometric: false,
  ...changes,
});

export const accountView = (changes: Partial<AccountView> = {}): AccountView => ({
  id: "a1",
  kind: "organisation",
  title: "Marlowe University Hospital",
  issuer: "Marlowe University Hospital",
  account: "a.lindqvist",
  mark: { kind: "initials", text: "MU" },
  state: "working",
  stopped: null,
  check: null,
  host: "devices.marlowe.example",
  counter_based: false,
  push: true,
  legacy: false,
  short_key: false,
  steam: false,
  ...changes,
});

export const activityView = (changes: Partial<ActivityView> = {}): ActivityView => ({
  id: "n1",
  at_ms: "0",
  kind: "approved",
  account_id: "a1",
  title: "Marlowe University Hospital",
  account: "a.lindqvist",
  application: "Patient Records",
  place: "Ward 4B workstation",
  address: "10.20.4.17",
  times: 1,
  ...changes,
});

export const unimportedView = (changes: Partial<UnimportedView> = {}): UnimportedView => ({
  id: "u1",
  issuer: "Old VPN",
  account: "a.lindqvist",
  reason: "bad_key",
  app: "aegis",
  position: 3,
  at_ms: "0",
  way: "key",
  settings: { counter_based: false, digits: 8, period_seconds: 60, algorithm: "Sha256", steam: false },
  ...changes,
});

export const requestView = (changes: Partial<RequestView> = {}): RequestView => ({
  id: "r1",
  account_id: "a1",
  application: "Patient Records",
  organisation: "Marlowe University Hospital",
  username: "a.lindqvist",
  place: "Ward 4B workstation",
  address: "10.20.4.17",
  created_at_ms: "0",
  left_ms: 60_000,
  number_digits: 0,
  unusual: false,
  test: false,
  replaces: null,
  told_by_application: [],
  ...changes,
});

export const noticeView = (changes: Partial<NoticeView> = {}): NoticeView => ({
  id: "w1",
  account_id: "a1",
  change: "added",
  device: "Galaxy S23",
  organisation: "Marlowe University Hospital",
  username: "a.lindqvist",
  at_ms: "0",
  ...changes,
});

export class FakeHost implements Host {
  now: AppView;
  can: Capabilities = { camera: false, clipboard: true, drop: true, capture: false, print: false, backups: true, notifications: "none" };
  secret = "271828";
  triesLeft = 5;
  codes: Record<string, { code: string; next: string; leftMs: number; period?: number }> = {};
  texts: Record<string, ScanView> = {};
  pictures: ScanView[] = [];
  incoming: ScanView[] = [];
  clipboard: ScanView[] = [];
  /** What every exported file turns out to be. */
  exported: ImportView = { is: "locked", draft: "d4" };
  /** How the backup stands, what lies in its folder, and what opens it. */
  backedUp: BackupView = { is_on: false, folder: "", may_choose: true, made_at_ms: null, fault: null, accounts: [] };
  backups: BackupFound | null = null;
  backupPassphrase = "four words for tests";
  /** What can be saved for another app, and what comes of it. */
  exportable: ExportView = { accounts: 2, bound: [], backup_on: true, folder: "/home/amara/Downloads" };
  copied: ExportedView = {
    accounts: 2,
    path: "/home/amara/Downloads/Countersign 2026-09-21.countersign",
    codes: [],
    left_out: [],
    names_left: 0,
  };
  /** What another phone can take over, and how the move stands after each question and act, in order. */
  movable: MoveView = { accounts: [], others: 0, under_way: null };
  standings: MoveStanding[] = [];
  rehearsal: RehearsalView = { readable: 0, of: 0 };
  screen: ScanView[] = [];
  happened: ActivityView[] = [];
  /** What imports could not take, what of it was dismissed, and how many had no room. */
  entries: UnimportedView[] = [];
  dismissed: UnimportedView[] = [];
  unkept = 0;
  checks: CheckView[] = [];
  results: AnswerResult[] = [];
  portal: Portal = new FakePortal();
  /** Hosts that the administrator allows. */
  hosts: string[] = [];
  /** Every call, by name and arguments, in order. */
  calls: [string, ...unknown[]][] = [];
  /** What the named method throws instead of answering. */
  failing: Partial<Record<keyof Host, unknown>> = {};
  #listeners: (() => void)[] = [];

  constructor(view: AppView) {
    this.now = view;
  }

  /** The program's view changed by itself. */
  change(view: AppView): void {
    this.now = view;
    for (const listener of this.#listeners) listener();
  }

  capabilities = () => this.#answer("capabilities", () => this.can);
  view = () => this.#answer("view", () => this.now);

  async onChanged(listener: () => void): Promise<() => void> {
    this.#listeners.push(listener);
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener);
    };
  }

  createVault = (secret: string) =>
    this.#answer("createVault", () => {
      this.secret = secret;
      return (this.now = openView({ incoming: this.incoming.length > 0 }));
    });

  unlock = (secret: string) =>
    this.#answer("unlock", () => {
      if (secret === this.secret) return (this.now = this.behindLock);
      this.triesLeft -= 1;
      if (this.now.at === "locked") {
        this.now = { ...this.now, tries_left: this.triesLeft, wait_seconds: this.triesLeft === 0 ? 60 : 0 };
      }
      throw problem("wrong_secret", null, this.triesLeft);
    });

  /** What unlocking shows. */
  behindLock: OpenView = openView();

  lock = () =>
    this.#answer("lock", (): AppView => {
      if (this.now.at === "open") this.behindLock = this.now;
      return (this.now = lockedView());
    });

  confirmSecret = (secret: string) =>
    this.#answer("confirmSecret", () => {
      if (secret === this.secret) return undefined;
      this.triesLeft -= 1;
      throw problem("wrong_secret", null, this.triesLeft);
    });
  changeSecret = (current: string, next: string) =>
    this.#answer("changeSecret", () => {
      if (current !== this.secret) throw problem("wrong_secret", null, this.triesLeft);
      this.secret = next;
      return this.now;
    });
  /** Four words are enough. */
  ratePassphrase = (secret: string) =>
    this.#answer("ratePassphrase", (): PassphraseView => {
      const score = Math.min(4, secret.trim().split(/\s+/).length);
      return { score, enough: score === 4 };
    });
  touched = () => this.#answer("touched", () => undefined);
  startAgain = () => this.#answer("startAgain", (): AppView => (this.now = firstView()));
  keepCopy = () =>
    this.#answer("keepCopy", () => {
      if (this.now.at === "open") this.now = { ...this.now, copy: null };
      return this.now;
    });
  useOlderCopy = () =>
    this.#answer("useOlderCopy", () => {
      if (this.now.at === "open") this.now = { ...this.now, copy: null };
      return this.now;
    });

  changeSettings = (settings: SettingsView) =>
    this.#answer(
      "changeSettings",
      () => {
        if (this.now.at === "open") this.now = { ...this.now, settings };
        return this.now;
      },
      settings,
    );
  activity = () => this.#answer("activity", () => this.happened);
  checkUp = () => this.#answer("checkUp", () => this.checks);

  passcodes = (ids: string[]) =>
    this.#answer(
      "passcodes",
      () =>
        ids.flatMap((id): PasscodeView[] => {
          const known = this.codes[id];
          if (known === undefined) return [];
          return [{ kind: "timed", id, code: known.code, next: known.next, period_seconds: known.period ?? 30, left_ms: known.leftMs }];
        }),
      ids,
    );

  #counter = 905_241;
  nextPasscode = (id: string) =>
    this.#answer("nextPasscode", (): PasscodeView => ({ kind: "counted", id, code: String(this.#counter++) }), id);
  copyPasscode = (id: string) => this.#answer("copyPasscode", () => undefined, id);

  camera: CameraScan = { is: "left" };
  scan = () => this.#answer("scan", () => this.camera);
  openSystemSettings = () => this.#answer("openSystemSettings", () => undefined);
  readText = (text: string) =>
    this.#answer("readText", () => this.texts[text] ?? ({ kind: "foreign", what: "plain_text", host: null } as const), text);
  readPicture = (bytes: Uint8Array) => this.#answer("readPicture", () => this.pictures, bytes.length);
  readClipboard = () => this.#answer("readClipboard", () => this.clipboard);
  captureScreen = () => this.#answer("captureScreen", () => this.screen);
  takeIncoming = () =>
    this.#answer("takeIncoming", () => {
      const taken = this.incoming;
      this.incoming = [];
      if (this.now.at === "open") this.now = { ...this.now, incoming: false };
      return taken;
    });

  activate: Host["activate"] = (draft) =>
    this.#answer("activate", () => ({ is: "added" as const, account: this.#add(accountView()) }), draft);
  finishActivation = (id: string) => this.#answer("finishActivation", () => this.#add(accountView()), id);
  addOther = (draft: string) =>
    this.#answer(
      "addOther",
      () => this.#add(accountView({ id: "o1", kind: "other", title: "Personal mail", issuer: "Personal mail", push: false })),
      draft,
    );
  readImport: Host["readImport"] = (bytes) => this.#answer("readImport", () => this.exported, bytes.length);
  unlockImport: Host["unlockImport"] = (draft) =>
    this.#answer(
      "unlockImport",
      () => {
        if (this.exported.is === "locked") throw problem("export_password");
        return this.exported;
      },
      draft,
    );
  import: Host["import"] = (draft, positions) =>
    this.#answer(
      "import",
      () => ({ imported: positions.length, here: 1, refused: 1 + this.unkept, unkept: this.unkept, left_out: 0 }),
      draft,
      positions,
    );
  unimported = () => this.#answer("unimported", () => this.entries);
  dismissUnimported = (ids: string[]) =>
    this.#answer(
      "dismissUnimported",
      () => {
        this.dismissed = this.entries.filter(({ id }) => ids.includes(id));
        this.#list(this.entries.filter(({ id }) => !ids.includes(id)));
        return "d9";
      },
      ids,
    );
  keepUnimported = (draft: string) => this.#answer("keepUnimported", () => this.#list([...this.dismissed, ...this.entries]), draft);
  backup = () => this.#answer("backup", () => this.backedUp);
  turnOnBackup = (passphrase: string) =>
    this.#answer(
      "turnOnBackup",
      () => {
        this.backupPassphrase = passphrase;
        return (this.backedUp = { ...this.backedUp, is_on: true });
      },
      passphrase,
    );
  turnOffBackup = () => this.#answer("turnOffBackup", () => (this.backedUp = { ...this.backedUp, is_on: false }));
  backUpNow = () => this.#answer("backUpNow", () => (this.backedUp = { ...this.backedUp, fault: null }));
  /** What the person chooses in the system’s dialog; null where they choose nothing. */
  folderChosen: string | null = "/media/amara/stick";
  chooseBackupFolder: Host["chooseBackupFolder"] = (title) =>
    this.#answer(
      "chooseBackupFolder",
      () => {
        if (this.folderChosen === null) return null;
        return (this.backedUp = { ...this.backedUp, folder: this.folderChosen, fault: null });
      },
      title,
    );
  rehearseBackup = (passphrase: string) =>
    this.#answer("rehearseBackup", () => {
      if (passphrase !== this.backupPassphrase) throw problem("backup_passphrase");
      return this.rehearsal;
    });
  findBackup = () => this.#answer("findBackup", () => this.backups);
  readBackup: Host["readBackup"] = (bytes) =>
    this.#answer(
      "readBackup",
      () => {
        if (this.backups === null) throw problem("not_a_backup");
        return { ...this.backups, draft: "b2" };
      },
      bytes.length,
    );
  exportView = () => this.#answer("exportView", () => this.exportable);
  export: Host["export"] = (form, password) => this.#answer("export", () => this.copied, form, password);
  moveView = () => this.#answer("moveView", () => this.movable);
  beginMove = (id: string) => this.#answer("beginMove", () => this.#standing(), id);
  /** Holds the call where nothing more is to come. */
  moveNews = (seen: string) =>
    this.standings.length > 0 ? this.#answer("moveNews", () => this.#standing(), seen) : new Promise<never>(() => undefined);
  actOnMove: Host["actOnMove"] = (act) => this.#answer("actOnMove", () => this.#standing(), act);
  restore: Host["restore"] = (draft, passphrase) =>
    this.#answer(
      "restore",
      () => {
        if (passphrase !== this.backupPassphrase) throw problem("backup_passphrase");
        const all = this.now.at === "open" ? this.now.accounts : [];
        const accounts = all.map(({ id, title, account, state }) => ({ id, title, account, works: state === "working" }));
        return { accounts, here: 0 };
      },
      draft,
    );
  addTyped = (typed: TypedAccount) =>
    this.#answer(
      "addTyped",
      () =>
        this.#add(accountView({ id: "t1", kind: "other", title: typed.issuer, issuer: typed.issuer, account: typed.account, push: false })),
      typed,
    );

  rename = (id: string, name: string) =>
    this.#answer(
      "rename",
      () => this.#edit((accounts) => accounts.map((each) => (each.id === id ? { ...each, title: name } : each))),
      id,
      name,
    );
  remove = (id: string) =>
    this.#answer(
      "remove",
      () => {
        if (this.now.at !== "open") return;
        const removed = this.now.accounts.filter((each) => each.id === id).map((account) => ({ account, days_left: 30 }));
        this.now = { ...this.now, trash: [...this.now.trash, ...removed] };
        this.#edit((accounts) => accounts.filter((each) => each.id !== id));
      },
      id,
    );
  undoRemove = (id: string) =>
    this.#answer(
      "undoRemove",
      () => {
        if (this.now.at !== "open") return;
        const back = this.now.trash.filter(({ account }) => account.id === id).map(({ account }) => account);
        this.now = { ...this.now, trash: this.now.trash.filter(({ account }) => account.id !== id) };
        this.#edit((accounts) => [...accounts, ...back]);
      },
      id,
    );
  deleteForGood = (id: string) =>
    this.#answer(
      "deleteForGood",
      () => {
        if (this.now.at === "open") this.now = { ...this.now, trash: this.now.trash.filter(({ account }) => account.id !== id) };
      },
      id,
    );
  reorder = (ids: string[]) =>
    this.#answer("reorder", () => this.#edit((accounts) => accounts.toSorted((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id))), ids);

  answer = (id: string, answer: Answer) =>
    this.#answer(
      "answer",
      () => {
        const said = { approve: "approved", deny: "denied", report: "reported" } as const;
        const result: AnswerResult = this.results.shift() ?? { is: said[answer.say] };
        const stays = result.is === "offline" || (result.is === "wrong_number" && result.tries_left > 0);
        if (this.now.at === "open" && !stays) {
          this.now = { ...this.now, requests: this.now.requests.filter((request) => request.id !== id) };
        }
        return { id, result };
      },
      id,
      answer,
    );
  denyAll = (ids: string[]) =>
    this.#answer(
      "denyAll",
      () =>
        ids.map((id) => {
          const result: AnswerResult = this.results.shift() ?? { is: "denied" };
          if (this.now.at === "open" && result.is !== "offline") {
            this.now = { ...this.now, requests: this.now.requests.filter((request) => request.id !== id) };
          }
          return { id, result };
        }),
      ids,
    );
  answerNotice = (id: string, notMe: boolean) =>
    this.#answer(
      "answerNotice",
      () => {
        if (this.now.at === "open") this.now = { ...this.now, notices: this.now.notices.filter((notice) => notice.id !== id) };
      },
      id,
      notMe,
    );
  sendTest = (accountId: string) => this.#answer("sendTest", () => undefined, accountId);

  selfService = (door: Door) => {
    this.calls.push(["selfService", door]);
    return this.portal;
  };
  serviceHosts = () => this.#answer("serviceHosts", () => this.hosts);
  readServiceHost = (text: string) =>
    this.#answer(
      "readServiceHost",
      () => {
        const host =
          text
            .trim()
            .replace(/^https:\/\//, "")
            .split("/")[0] ?? "";
        if (!host.includes(".")) throw problem("not_an_address");
        return { host, known: this.hosts.includes(host) };
      },
      text,
    );

  #add(account: AccountView): AccountView {
    this.#edit((accounts) => [...accounts, account]);
    return account;
  }

  #standing(): MoveStanding {
    const next = this.standings.shift();
    if (next === undefined) throw problem("draft_gone");
    return next;
  }

  #list(entries: UnimportedView[]): void {
    this.entries = entries;
    if (this.now.at === "open") this.now = { ...this.now, unimported: entries.length };
  }

  #edit(change: (accounts: AccountView[]) => AccountView[]): void {
    if (this.now.at === "open") this.now = { ...this.now, accounts: change(this.now.accounts) };
  }

  async #answer<T>(name: keyof Host, make: () => T, ...args: unknown[]): Promise<T> {
    this.calls.push([name, ...args]);
    if (name in this.failing) throw this.failing[name];
    return make();
  }
}
