/** The passcodes on screen: fetched in one call, counted down here, replaced as they run out. */
import { untrack } from "svelte";
import type { AccountView } from "../host/generated/AccountView";
import type { PasscodeView } from "../host/generated/PasscodeView";
import type { Problem } from "../host/generated/Problem";
import type { Host } from "../host/host";
import { asProblem } from "../host/problem";
import type { Ticker } from "./clock.svelte";

export type Shown =
  { kind: "timed"; code: string; next: string; periodMs: number; endsAt: number } | { kind: "counted"; code: string; copied: boolean };

/** Seconds before the end in which the passcode that follows is shown too. */
export const LAST_SECONDS = 5;
/** How long a hidden passcode stays after a tap (row U2). */
export const REVEALED_MS = 30_000;
const COPIED_MS = 2_000;
/** After a refusal the next try waits this long. */
const RETRY_MS = 2_000;

export class Passcodes {
  #host: Host;
  #ticker: Ticker;
  #shown = $state<Record<string, Shown>>({});
  #copied = $state<{ id: string; until: number } | null>(null);
  /** Passcodes that a tap brought out, with the moment at which they hide again. */
  #revealed = $state<Record<string, number>>({});
  #hide = $state(false);
  #accounts = new Map<string, AccountView>();
  #wanted = new Map<string, string[]>();
  #timed: string[] = [];
  #fetching = false;
  #again = false;
  #retryAt = 0;
  problem = $state<Problem | null>(null);

  constructor(host: Host, ticker: Ticker) {
    this.#host = host;
    this.#ticker = ticker;
    ticker.onTick(() => this.#roll());
    ticker.onJump(() => void this.#fetch(this.#timed));
  }

  /** The accounts there are now, and whether their passcodes are hidden until tapped. */
  know(accounts: AccountView[], hide: boolean): void {
    this.#accounts = new Map(accounts.map((account) => [account.id, account]));
    if (hide && !this.#hide) this.#revealed = {};
    this.#hide = hide;
    this.#choose();
  }

  /** The accounts that the part `who` of the window shows; passcodes are asked for these alone. */
  want(who: string, ids: string[]): void {
    this.#wanted.set(who, ids);
    // Called from effects, which must not run again for what they cause.
    untrack(() => this.#choose());
  }

  /** Nothing stays in memory when the app locks. */
  forget(): void {
    this.#shown = {};
    this.#revealed = {};
    this.#accounts.clear();
    this.#wanted.clear();
    this.#timed = [];
    this.#copied = null;
    this.problem = null;
  }

  /** What the window may show of this account: nothing while it is hidden. */
  of(id: string): Shown | null {
    return this.isHidden(id) ? null : (this.#shown[id] ?? null);
  }

  /** Waits for a tap before any digit is shown. */
  isHidden(id: string): boolean {
    return this.#hide && !(id in this.#revealed);
  }

  secondsLeft(shown: Shown): number {
    return shown.kind === "timed" ? this.#ticker.secondsUntil(shown.endsAt) : 0;
  }

  /** How much of the step is left, from 1 down to 0, in whole seconds so that the ring steps. */
  share(shown: Shown): number {
    if (shown.kind !== "timed") return 0;
    return Math.min(1, (this.secondsLeft(shown) * 1000) / shown.periodMs);
  }

  isLast(shown: Shown): boolean {
    return shown.kind === "timed" && this.secondsLeft(shown) <= LAST_SECONDS;
  }

  wasCopied(id: string): boolean {
    return this.#copied !== null && this.#copied.id === id && this.#ticker.now < this.#copied.until;
  }

  /** What a tap on the card does: a hidden or counter-based one shows, then copies; others copy. */
  async tap(account: AccountView): Promise<void> {
    if (this.isHidden(account.id)) {
      await this.reveal(account);
      return;
    }
    const shown = this.of(account.id);
    if (account.counter_based && (shown === null || (shown.kind === "counted" && shown.copied))) {
      await this.#next(account.id);
    } else if (shown !== null) {
      await this.copy(account.id);
    }
  }

  /** Brings out a hidden passcode for a while. One that a counter gave before is the same one. */
  async reveal(account: AccountView): Promise<void> {
    this.#revealed[account.id] = this.#ticker.clock.steady() + REVEALED_MS;
    const kept = this.#shown[account.id];
    if (!account.counter_based) this.#choose();
    else if (kept === undefined || (kept.kind === "counted" && kept.copied)) await this.#next(account.id);
  }

  async copy(id: string): Promise<void> {
    await this.#try(async () => {
      await this.#host.copyPasscode(id);
      const shown = this.#shown[id];
      if (shown?.kind === "counted") shown.copied = true;
      this.#copied = { id, until: this.#ticker.clock.steady() + COPIED_MS };
    });
  }

  async #next(id: string): Promise<void> {
    await this.#try(async () => this.#take(await this.#host.nextPasscode(id)));
  }

  /** What is asked for follows from what is on screen, what works and what may be seen. */
  #choose(): void {
    const works = (id: string) => this.#accounts.get(id)?.state === "working";
    const counts = (id: string) => this.#accounts.get(id)?.counter_based === true;
    const wanted = new Set([...this.#wanted.values()].flat());
    this.#timed = [...wanted].filter((id) => works(id) && !counts(id) && !this.isHidden(id));
    const kept = new Set(this.#timed);
    // A counter's passcode is kept while its account works: it cannot be asked for twice.
    for (const id of Object.keys(this.#shown)) if (!kept.has(id) && !(works(id) && counts(id))) delete this.#shown[id];
    const missing = this.#timed.filter((id) => !(id in this.#shown));
    if (missing.length > 0) void this.#fetch(missing);
  }

  #roll(): void {
    this.#hideAgain();
    const due = this.#timed.filter((id) => {
      const shown = this.#shown[id];
      return shown?.kind === "timed" && this.#ticker.now >= shown.endsAt;
    });
    for (const id of due) {
      const shown = this.#shown[id];
      if (shown?.kind !== "timed") continue;
      const endsAt = shown.endsAt + shown.periodMs;
      // The digits that follow are known already: show them at once and ask for the pair after.
      // When their time is over too, because the window slept, nothing is shown until there is an answer.
      if (shown.next !== "" && this.#ticker.now < endsAt) this.#shown[id] = { ...shown, code: shown.next, next: "", endsAt };
      else delete this.#shown[id];
    }
    const missing = this.#timed.some((id) => !(id in this.#shown));
    if ((due.length > 0 || missing) && this.#ticker.now >= this.#retryAt) void this.#fetch(this.#timed);
  }

  #hideAgain(): void {
    const over = Object.entries(this.#revealed).filter(([, until]) => this.#ticker.now >= until);
    if (over.length === 0) return;
    for (const [id] of over) delete this.#revealed[id];
    this.#choose();
  }

  async #fetch(ids: string[]): Promise<void> {
    if (ids.length === 0) return;
    if (this.#fetching) {
      this.#again = true;
      return;
    }
    this.#fetching = true;
    await this.#try(async () => {
      for (const view of await this.#host.passcodes(ids)) if (this.#timed.includes(view.id)) this.#take(view);
    });
    this.#fetching = false;
    if (this.#again) {
      this.#again = false;
      await this.#fetch(this.#timed);
    }
  }

  #take(view: PasscodeView): void {
    this.#shown[view.id] =
      view.kind === "timed"
        ? {
            kind: "timed",
            code: view.code,
            next: view.next,
            periodMs: view.period_seconds * 1000,
            endsAt: this.#ticker.clock.steady() + view.left_ms,
          }
        : { kind: "counted", code: view.code, copied: false };
  }

  async #try(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.problem = null;
    } catch (thrown) {
      this.problem = asProblem(thrown);
      this.#retryAt = this.#ticker.clock.steady() + RETRY_MS;
    }
  }
}
