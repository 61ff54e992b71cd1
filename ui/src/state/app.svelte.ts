/** The whole window: what the host says the app is, and where the person is in it. */
import type { AccountView } from "../host/generated/AccountView";
import type { AppView } from "../host/generated/AppView";
import type { Problem } from "../host/generated/Problem";
import type { Capabilities, Host } from "../host/host";
import { asProblem } from "../host/problem";
import { Activity } from "./activity.svelte";
import { Adding } from "./adding.svelte";
import { Changing } from "./changing.svelte";
import { CheckUp } from "./checkup.svelte";
import { Choosing } from "./choosing.svelte";
import { Ticker } from "./clock.svelte";
import type { Clock } from "./clock.svelte";
import { Copies } from "./copies.svelte";
import { Doors } from "./doors.svelte";
import { Lock } from "./lock.svelte";
import { Options } from "./options.svelte";
import { Ordering } from "./ordering.svelte";
import { Passcodes } from "./passcodes.svelte";
import { Preferences } from "./preferences.svelte";
import type { Store } from "./preferences.svelte";
import { Removal } from "./removal.svelte";
import { Requests } from "./requests.svelte";
import { ROOTS, isIdle } from "./route";
import type { Route } from "./route";
import { Search } from "./search.svelte";
import { Unimported } from "./unimported.svelte";

export type OpenView = Extract<AppView, { at: "open" }>;

/** What a new person wants to do once the app has a lock. */
export type Start =
  | "scan"
  | "ways"
  | "change"
  | "restore"
  /** Somebody who was here before: from a backup if one lies here, else step by step. */
  | "back";

/** A person who does something is said to the host at most this often. */
const TOUCH_MS = 5_000;

export class App {
  readonly host: Host;
  readonly ticker: Ticker;
  readonly passcodes: Passcodes;
  readonly lock: Lock;
  readonly requests: Requests;
  readonly removal: Removal;
  readonly options: Options;
  readonly activity: Activity;
  readonly checkUp: CheckUp;
  readonly copies: Copies;
  readonly preferences: Preferences;
  readonly search: Search;
  readonly doors: Doors;
  readonly unimported: Unimported;
  can = $state.raw<Capabilities>({
    camera: false,
    clipboard: false,
    drop: false,
    capture: false,
    print: false,
    backups: false,
    notifications: "none",
  });
  view = $state.raw<AppView | null>(null);
  /** The host could not be asked at all. */
  problem = $state.raw<Problem | null>(null);
  setup = $state.raw<{ choosing: Choosing; start: Start } | null>(null);
  #route = $state.raw<Route>({ to: "home" });
  /** The person wants to see the accounts although they are a copy. */
  looksAtCopy = $state(false);
  /** The last thing that went wrong outside a screen of its own. */
  notice = $state.raw<Problem | null>(null);
  #trail: Route[] = [];
  #asking = false;
  #askAgain = false;
  #touchedAt = Number.NEGATIVE_INFINITY;
  #stop: (() => void) | null = null;

  /** `first` is what the host said before the window could ask it, so that the first picture is a whole screen. */
  constructor(host: Host, clock: Clock, store: Store, first: AppView | null = null) {
    this.host = host;
    this.ticker = new Ticker(clock);
    this.passcodes = new Passcodes(host, this.ticker);
    this.lock = new Lock(host, this.ticker, (view) => this.show(view));
    this.requests = new Requests(this);
    this.removal = new Removal(host, this.ticker, () => this.refresh());
    this.options = new Options(host, (view) => this.show(view));
    this.activity = new Activity(host, clock);
    this.checkUp = new CheckUp(host);
    this.copies = new Copies(this);
    this.preferences = new Preferences(store);
    this.search = new Search(() => this.accounts);
    this.doors = new Doors(this);
    this.unimported = new Unimported(this);
    this.ticker.onTick(() => this.requests.expire());
    this.ticker.onJump(() => void this.refresh());
    if (first) this.show(first);
  }

  async start(): Promise<void> {
    try {
      this.#stop = await this.host.onChanged(() => void this.refresh());
    } catch (thrown) {
      this.problem = asProblem(thrown);
    }
    await this.seen();
    await this.refresh();
  }

  stop(): void {
    this.#stop?.();
    this.ticker.stop();
  }

  /** The person looks at the window again: what the system allows may have changed outside. */
  async seen(): Promise<void> {
    try {
      this.can = await this.host.capabilities();
    } catch (thrown) {
      this.problem = asProblem(thrown);
    }
  }

  /** Asks the host again. Several calls while one is under way become one more. */
  async refresh(): Promise<void> {
    if (this.#asking) {
      this.#askAgain = true;
      return;
    }
    this.#asking = true;
    try {
      this.show(await this.host.view());
      this.problem = null;
    } catch (thrown) {
      this.problem = asProblem(thrown);
    }
    this.#asking = false;
    if (this.#askAgain) {
      this.#askAgain = false;
      await this.refresh();
    }
  }

  show(view: AppView): void {
    const before = this.view;
    this.view = view;
    if (view.at === "locked") this.lock.show(view);
    if (view.at !== "first") this.#finishSetup(view);
    if (view.at === "open") this.#open(view);
    else if (before?.at === "open") this.#close();
  }

  /** The unlocked app, or nothing. */
  get open(): OpenView | null {
    return this.view?.at === "open" ? this.view : null;
  }

  get accounts(): AccountView[] {
    return this.open?.accounts ?? [];
  }

  /** The accounts that need reactivating and can be, in the order of the list. */
  queue = $derived.by(() =>
    this.accounts
      .filter(({ state, stopped }) => state === "needs_reactivating" && stopped?.cause !== "disabled" && stopped?.cause !== "moved")
      .map(({ id }) => id),
  );

  account(id: string): AccountView | null {
    return this.accounts.find((account) => account.id === id) ?? null;
  }

  /** Somebody used the window: what the host counts for locking by itself begins anew. */
  touch(): void {
    const now = this.ticker.clock.steady();
    if (this.open === null || now - this.#touchedAt < TOUCH_MS) return;
    this.#touchedAt = now;
    // A lock that just fell draws itself; there is nothing else that this could fail of.
    this.host.touched().catch(() => undefined);
  }

  // First run -----------------------------------------------------------------------------------

  begin(start: Start): void {
    if (this.view?.at !== "first") return;
    const choosing = new Choosing(this.host, this.view.unlock_with, async (secret) => this.show(await this.host.createVault(secret)));
    this.setup = { choosing, start };
  }

  leaveSetup(): void {
    this.setup?.choosing.forget();
    this.setup = null;
  }

  /** A new, empty app, and what is done in it first; the file that could not be used stays beside it under another name. */
  async startAgain(then: Start | null = null): Promise<void> {
    await this.#through(() => this.host.startAgain());
    if (then !== null) this.begin(then);
  }

  // Moving about --------------------------------------------------------------------------------

  get route(): Route {
    return this.#route;
  }

  set route(next: Route) {
    this.#route = next;
    // Whatever is open goes on behind a request
    if (next.to === "answer" || next.to === "requests") return;
    this.requests.forgetPlace();
    this.copies.routed(next);
  }

  goHome(): void {
    this.#trail = [];
    this.route = { to: "home" };
    this.requests.announce();
  }

  /** Opens a screen; going back from it leads here again, unless it is a root. */
  go(route: Route): void {
    if (ROOTS.has(route.to)) this.#trail = [];
    else if (route.to !== this.route.to) this.#trail = [...this.#trail, this.route];
    this.route = route;
    if (route.to === "activity") this.activity.begin();
    if (route.to === "check-up") void this.checkUp.run();
    if (route.to === "backup") void this.copies.backup.begin();
  }

  openAccount(id: string): void {
    this.go({ to: "account", id });
  }

  openOrder(): void {
    this.go({ to: "order", ordering: new Ordering(this.host, this.accounts, () => this.refresh()) });
  }

  changeSecret(): void {
    if (this.open === null) return;
    const changing = new Changing(this.host, this.open.unlock_with, (view) => this.show(view));
    this.go({ to: "change-secret", changing });
  }

  add(): Adding {
    const adding = new Adding(
      this.host,
      () => void this.refresh(),
      () => this.goHome(),
    );
    this.route = { to: "add", adding };
    return adding;
  }

  /** The flow that is open, or a new one: for what is dropped on or pasted into the window. */
  adding(): Adding {
    return this.route.to === "add" ? this.route.adding : this.add();
  }

  /** Whether something dropped or pasted may start the add flow now. */
  get takesCodes(): boolean {
    const typing: Route["to"][] = ["answer", "rename", "change-secret", "backup-passphrase", "rehearse", "export", "move"];
    const restoring = this.route.to === "add" && this.route.adding.step.at === "restore";
    return this.open !== null && !typing.includes(this.route.to) && !restoring && this.removal.asking === null && !this.copies.covered;
  }

  /** Escape, or the phone's back button. `false` when there is nowhere to go. */
  back(): boolean {
    if (this.setup !== null) {
      if (!this.setup.choosing.back()) this.leaveSetup();
      return true;
    }
    if (this.view?.at === "locked") return this.lock.back();
    if (this.open === null) return false;
    if (this.removal.asking !== null) {
      this.removal.keep();
      return true;
    }
    if (this.copies.covered) {
      this.copies.backup.uncover();
      return true;
    }
    const { route } = this;
    switch (route.to) {
      case "home":
        return this.search.end();
      case "add":
        route.adding.back();
        return true;
      case "answer":
        if (route.answering.confirming !== null) route.answering.stopConfirming();
        else this.requests.leaveAnswer();
        return true;
      case "change-secret":
        if (!route.changing.back()) this.leave();
        return true;
      case "backup-passphrase":
        if (!route.turning.back()) this.leave();
        return true;
      case "export":
        if (!route.exporting.back()) this.leave();
        return true;
      case "move":
        if (!route.moving.back()) this.leave();
        return true;
      case "rehearse":
        route.rehearsing.forget();
        this.leave();
        return true;
      case "devices":
        if (!this.doors.back()) this.leave();
        return true;
      case "requests":
        if (!this.requests.resume()) this.leave();
        return true;
      default:
        this.leave();
        return true;
    }
  }

  get isDeep(): boolean {
    if (this.view?.at === "locked") return this.lock.forgotten;
    return this.setup !== null || (this.open !== null && (this.route.to !== "home" || this.search.words !== null));
  }

  // One account ---------------------------------------------------------------------------------

  startRename(account: AccountView): void {
    this.go({ to: "rename", id: account.id, name: account.title, problem: null });
  }

  async rename(name: string): Promise<void> {
    if (this.route.to !== "rename") return;
    const { id } = this.route;
    try {
      await this.host.rename(id, name.trim());
      await this.refresh();
      this.leave();
    } catch (thrown) {
      this.route = { to: "rename", id, name, problem: asProblem(thrown) };
    }
  }

  async remove(): Promise<void> {
    const forGood = this.removal.asking?.forGood === true;
    if ((await this.removal.confirm()) && !forGood) this.goHome();
  }

  lockNow(): Promise<void> {
    return this.#through(() => this.host.lock());
  }

  /** The system's page about this app, where notifications are turned on. */
  async openSystemSettings(): Promise<void> {
    try {
      await this.host.openSystemSettings();
    } catch (thrown) {
      this.notice = asProblem(thrown);
    }
  }

  /** The copy is this phone's from now on; what stopped working by it is put right next. */
  async useOlderCopy(): Promise<void> {
    await this.#through(() => this.host.useOlderCopy());
    if (this.notice !== null) await this.refresh();
    const [next] = this.queue;
    if (this.open?.copy !== null || next === undefined) return;
    const account = this.account(next);
    if (account !== null) this.doors.reactivate(account);
  }

  /** It is no copy: this phone got another name, or lost its mark. */
  async keepCopy(): Promise<void> {
    await this.#through(() => this.host.keepCopy());
  }

  /** Shows again what there is to decide, with all of its ways. */
  decideOnCopy(): void {
    this.looksAtCopy = false;
  }

  lookAtCopy(): void {
    this.looksAtCopy = true;
    this.goHome();
  }

  // ---------------------------------------------------------------------------------------------

  /** Back to where the screen was opened from. */
  leave(): void {
    const last = this.#trail.at(-1);
    this.#trail = this.#trail.slice(0, -1);
    if (last === undefined || last.to === "home") this.goHome();
    else this.route = last;
  }

  async #through(work: () => Promise<AppView>): Promise<void> {
    try {
      this.notice = null;
      this.show(await work());
    } catch (thrown) {
      this.notice = asProblem(thrown);
    }
  }

  #finishSetup(view: AppView): void {
    const begun = this.setup;
    this.setup = null;
    if (begun === null || view.at !== "open" || view.incoming) return;
    if (begun.start === "change") {
      this.doors.open();
      return;
    }
    if (begun.start === "back") {
      void this.#comeBack();
      return;
    }
    const adding = this.add();
    if (begun.start === "restore") void adding.restore(this.can.backups);
    if (begun.start === "scan" && this.can.camera) void adding.scan();
  }

  async #comeBack(): Promise<void> {
    // Whoever was quick is here before it was asked
    await this.seen();
    const { route } = this;
    if (this.can.backups) {
      const adding = this.add();
      await adding.restore(true);
      const nothing = adding.restoring.step.at === "none";
      if (!nothing || this.route.to !== "add" || this.route.adding !== adding) return;
      this.goHome();
    } else if (this.route !== route) return;
    this.doors.open();
  }

  #open(view: OpenView): void {
    this.requests.show(view);
    this.options.show(view.settings);
    this.passcodes.know(view.accounts, view.settings.hide_passcodes);
    if (this.route.to === "activity" || this.route.to === "entry") void this.activity.load();
    if (this.route.to === "check-up") void this.checkUp.run();
    if (this.route.to === "backup") void this.copies.backup.load();
    if (this.route.to === "unimported" || this.route.to === "unimported-entry") void this.unimported.load();
    if (this.route.to === "order") this.route.ordering.show(view.accounts);
    this.#leaveWhatIsGone(view);
    if (view.incoming && this.takesCodes) void this.adding().takeIncoming();
    this.requests.announce();
  }

  #leaveWhatIsGone(view: OpenView): void {
    const { route } = this;
    if ((route.to === "account" || route.to === "rename") && !view.accounts.some((account) => account.id === route.id)) {
      this.#trail = [];
      this.route = { to: "home" };
    }
    if (route.to === "devices" && route.door !== null && "account" in route.door) {
      const { account } = route.door;
      if (!view.accounts.some(({ id }) => id === account)) this.goHome();
    }
    this.requests.leaveWhatIsGone(view);
  }

  #close(): void {
    this.copies.forget();
    this.passcodes.forget();
    this.lock.forget();
    this.requests.inbox.forget();
    this.removal.forget();
    this.options.forget();
    this.activity.forget();
    this.checkUp.forget();
    this.search.end();
    this.doors.forget();
    this.unimported.forget();
    this.#trail = [];
    this.route = { to: "home" };
    this.looksAtCopy = false;
    this.notice = null;
  }

  /** Nothing is being typed, answered or asked that a request would take away. */
  get isIdle(): boolean {
    return this.removal.asking === null && !this.copies.covered && this.search.words === null && isIdle(this.route) && !this.#proving;
  }

  /** Somebody reads a number here that is typed into a request: the banner above it leads there. */
  get #proving(): boolean {
    return (this.doors.visit?.proving ?? null) !== null;
  }
}
