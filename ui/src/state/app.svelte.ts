/** The whole window: what the host says the app is, and where the person is in it. */
import type { AccountView } from "../host/generated/AccountView";
import type { AppView } from "../host/generated/AppView";
import type { Problem } from "../host/generated/Problem";
import type { RequestView } from "../host/generated/RequestView";
import type { Capabilities, Host } from "../host/host";
import { asProblem } from "../host/problem";
import { Adding } from "./adding.svelte";
import { Answering } from "./answering.svelte";
import { Ticker } from "./clock.svelte";
import type { Clock } from "./clock.svelte";
import { Lock } from "./lock.svelte";
import { Passcodes } from "./passcodes.svelte";
import { Setup } from "./setup.svelte";
import { ThemeChoice } from "./theme.svelte";
import type { Store } from "./theme.svelte";

export type OpenView = Extract<AppView, { at: "open" }>;

/** A request with the steady moment at which it ends. */
export interface Waiting {
  request: RequestView;
  endsAt: number;
}

/** Where the person is in an open app. */
export type Route =
  | { to: "home" }
  | { to: "account"; id: string }
  | { to: "rename"; id: string; name: string; problem: Problem | null }
  | { to: "settings" }
  | { to: "add"; adding: Adding }
  | { to: "requests" }
  | { to: "answer"; answering: Answering; from: "home" | "requests" };

/** What a new person wants to do once the app has a lock. */
export type Start = "scan" | "ways";

export class App {
  readonly host: Host;
  readonly ticker: Ticker;
  readonly passcodes: Passcodes;
  readonly lock: Lock;
  readonly theme: ThemeChoice;
  can = $state<Capabilities>({ camera: false, clipboard: false, drop: false });
  view = $state.raw<AppView | null>(null);
  /** The host could not be asked at all. */
  problem = $state<Problem | null>(null);
  setup = $state<{ setup: Setup; start: Start } | null>(null);
  route = $state.raw<Route>({ to: "home" });
  waiting = $state.raw<Waiting[]>([]);
  search = $state<string | null>(null);
  removing = $state<{ id: string; busy: boolean; problem: Problem | null } | null>(null);
  denyingAll = $state(false);
  /** The last thing that went wrong outside a screen of its own. */
  notice = $state<Problem | null>(null);
  #announced = new Set<string>();
  #asking = false;
  #askAgain = false;
  #stop: (() => void) | null = null;

  constructor(host: Host, clock: Clock, store: Store) {
    this.host = host;
    this.ticker = new Ticker(clock);
    this.passcodes = new Passcodes(host, this.ticker);
    this.lock = new Lock(host, this.ticker, (view) => this.show(view));
    this.theme = new ThemeChoice(store);
    this.ticker.onTick(() => this.#expire());
    this.ticker.onJump(() => void this.refresh());
  }

  async start(): Promise<void> {
    try {
      this.#stop = await this.host.onChanged(() => void this.refresh());
      this.can = await this.host.capabilities();
    } catch (thrown) {
      this.problem = asProblem(thrown);
    }
    await this.refresh();
  }

  stop(): void {
    this.#stop?.();
    this.ticker.stop();
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

  get accounts(): AccountView[] {
    return this.view?.at === "open" ? this.view.accounts : [];
  }

  account(id: string): AccountView | null {
    return this.accounts.find((account) => account.id === id) ?? null;
  }

  found = $derived.by(() => {
    const words = (this.search ?? "").trim().toLocaleLowerCase();
    if (words === "") return this.accounts;
    return this.accounts.filter((account) =>
      [account.title, account.issuer, account.account].some((text) => text.toLocaleLowerCase().includes(words)),
    );
  });

  // First run -----------------------------------------------------------------------------------

  begin(start: Start): void {
    if (this.view?.at !== "first") return;
    const setup = new Setup(this.host, this.view.unlock_with, (view) => this.show(view));
    this.setup = { setup, start };
  }

  leaveSetup(): void {
    this.setup = null;
  }

  // Moving about --------------------------------------------------------------------------------

  goHome(): void {
    this.route = { to: "home" };
    this.#announce();
  }

  openAccount(id: string): void {
    this.route = { to: "account", id };
  }

  openSettings(): void {
    this.route = { to: "settings" };
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
    return this.view?.at === "open" && this.route.to !== "answer" && this.route.to !== "rename" && this.removing === null;
  }

  /** Escape, or the phone's back button. `false` when there is nowhere to go. */
  back(): boolean {
    if (this.setup !== null) {
      if (!this.setup.setup.back()) this.leaveSetup();
      return true;
    }
    if (this.view?.at !== "open") return false;
    if (this.removing !== null) {
      if (!this.removing.busy) this.removing = null;
      return true;
    }
    const { route } = this;
    switch (route.to) {
      case "home":
        if (this.search === null) return false;
        this.search = null;
        return true;
      case "rename":
        this.openAccount(route.id);
        return true;
      case "add":
        route.adding.back();
        return true;
      case "answer":
        this.leaveAnswer();
        return true;
      default:
        this.goHome();
        return true;
    }
  }

  get isDeep(): boolean {
    return this.setup !== null || (this.view?.at === "open" && (this.route.to !== "home" || this.search !== null));
  }

  // Requests ------------------------------------------------------------------------------------

  openWaiting(): void {
    const [only] = this.waiting;
    if (only === undefined) return;
    if (this.waiting.length === 1) this.openRequest(only, "home");
    else this.route = { to: "requests" };
  }

  openRequest(waiting: Waiting, from: "home" | "requests"): void {
    this.#announced.add(waiting.request.id);
    const answering = new Answering(this.host, this.ticker, waiting.request, waiting.endsAt);
    this.route = { to: "answer", answering, from };
  }

  /** Closes the request without answering, or after the last word. */
  leaveAnswer(): void {
    if (this.route.to !== "answer" || this.route.answering.sending !== null) return;
    const { answering, from } = this.route;
    if (answering.step.at !== "request" && answering.step.at !== "number") this.#drop(answering.request.id);
    if (from === "requests" && this.waiting.length > 0) this.route = { to: "requests" };
    else this.goHome();
    void this.refresh();
  }

  async denyAll(): Promise<void> {
    if (this.denyingAll) return;
    this.denyingAll = true;
    try {
      for (const { request } of [...this.waiting]) {
        const { result } = await this.host.answer(request.id, { say: "deny" });
        if (result.is === "offline") throw { code: "service_down", subject: null, number: null } satisfies Problem;
        this.#drop(request.id);
      }
      this.goHome();
    } catch (thrown) {
      this.notice = asProblem(thrown);
    } finally {
      this.denyingAll = false;
    }
    await this.refresh();
  }

  // One account ---------------------------------------------------------------------------------

  startRename(account: AccountView): void {
    this.route = { to: "rename", id: account.id, name: account.title, problem: null };
  }

  async rename(name: string): Promise<void> {
    if (this.route.to !== "rename") return;
    const { id } = this.route;
    try {
      await this.host.rename(id, name.trim());
      await this.refresh();
      this.openAccount(id);
    } catch (thrown) {
      this.route = { to: "rename", id, name, problem: asProblem(thrown) };
    }
  }

  async remove(): Promise<void> {
    const { removing } = this;
    if (removing === null || removing.busy) return;
    removing.busy = true;
    try {
      await this.host.remove(removing.id);
      await this.refresh();
      this.removing = null;
      this.goHome();
    } catch (thrown) {
      this.removing = { id: removing.id, busy: false, problem: asProblem(thrown) };
    }
  }

  async lockNow(): Promise<void> {
    try {
      this.show(await this.host.lock());
    } catch (thrown) {
      this.notice = asProblem(thrown);
    }
  }

  // ---------------------------------------------------------------------------------------------

  #finishSetup(view: AppView): void {
    const begun = this.setup;
    this.setup = null;
    if (begun === null || view.at !== "open" || view.incoming) return;
    const adding = this.add();
    if (begun.start === "scan" && this.can.camera) void adding.scan();
  }

  #open(view: OpenView): void {
    const now = this.ticker.clock.steady();
    const known = new Map(this.waiting.map((waiting) => [waiting.request.id, waiting]));
    this.waiting = view.requests.map((request) => {
      // A request keeps the end it was first given, unless the host now says it is sooner.
      const endsAt = now + request.left_ms;
      return { request, endsAt: Math.min(endsAt, known.get(request.id)?.endsAt ?? endsAt) };
    });
    this.passcodes.show(view.accounts);
    this.#leaveWhatIsGone(view);
    if (view.incoming && this.takesCodes) void this.adding().takeIncoming();
    this.#announce();
  }

  #leaveWhatIsGone(view: OpenView): void {
    const { route } = this;
    if ((route.to === "account" || route.to === "rename") && !view.accounts.some((account) => account.id === route.id)) {
      this.route = { to: "home" };
    }
    if (route.to === "answer" && !view.requests.some((request) => request.id === route.answering.request.id)) {
      route.answering.gone();
    }
    if (route.to === "requests" && this.waiting.length === 0) this.route = { to: "home" };
  }

  #close(): void {
    this.passcodes.forget();
    this.lock.forget();
    this.route = { to: "home" };
    this.waiting = [];
    this.search = null;
    this.removing = null;
    this.notice = null;
    this.#announced.clear();
  }

  /** A new request takes the window by itself where nothing is being typed or answered. */
  #announce(): void {
    const fresh = this.waiting.filter(({ request }) => !this.#announced.has(request.id));
    const [first] = fresh;
    if (first === undefined || !this.#isIdle()) return;
    for (const { request } of fresh) this.#announced.add(request.id);
    if (this.waiting.length === 1) this.openRequest(first, "home");
    else this.route = { to: "requests" };
  }

  #isIdle(): boolean {
    if (this.removing !== null || this.search !== null) return false;
    const { route } = this;
    return (
      route.to === "home" ||
      route.to === "account" ||
      route.to === "settings" ||
      route.to === "requests" ||
      (route.to === "add" && route.adding.step.at === "added")
    );
  }

  #drop(id: string): void {
    this.waiting = this.waiting.filter(({ request }) => request.id !== id);
  }

  #expire(): void {
    if (this.route.to === "answer") this.route.answering.check();
    const { now } = this.ticker;
    if (this.waiting.some(({ endsAt }) => endsAt <= now)) {
      this.waiting = this.waiting.filter(({ endsAt }) => endsAt > now);
      if (this.route.to === "requests" && this.waiting.length === 0) this.goHome();
    }
  }
}
