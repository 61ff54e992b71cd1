/** The passcodes on screen: fetched in one call, counted down here, replaced as they run out. */
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
const COPIED_MS = 2_000;
/** After a refusal the next try waits this long. */
const RETRY_MS = 2_000;

export class Passcodes {
  #host: Host;
  #ticker: Ticker;
  #shown = $state<Record<string, Shown>>({});
  #copied = $state<{ id: string; until: number } | null>(null);
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

  /** The accounts on screen changed. */
  show(accounts: AccountView[]): void {
    const working = accounts.filter((account) => account.state === "working");
    const ids = working.filter((account) => !account.counter_based).map((account) => account.id);
    const kept = new Set(working.map((account) => account.id));
    for (const id of Object.keys(this.#shown)) if (!kept.has(id)) delete this.#shown[id];
    this.#timed = ids;
    const missing = ids.filter((id) => !(id in this.#shown));
    if (missing.length > 0) void this.#fetch(missing);
  }

  /** Nothing stays in memory when the app locks. */
  forget(): void {
    this.#shown = {};
    this.#timed = [];
    this.#copied = null;
    this.problem = null;
  }

  of(id: string): Shown | null {
    return this.#shown[id] ?? null;
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

  /** What a tap on the card does: a counter-based account shows, then copies; others copy. */
  async tap(account: AccountView): Promise<void> {
    const shown = this.of(account.id);
    if (account.counter_based && (shown === null || (shown.kind === "counted" && shown.copied))) {
      await this.#try(async () => this.#take(await this.#host.nextPasscode(account.id)));
    } else if (shown !== null) {
      await this.copy(account.id);
    }
  }

  async copy(id: string): Promise<void> {
    await this.#try(async () => {
      await this.#host.copyPasscode(id);
      const shown = this.#shown[id];
      if (shown?.kind === "counted") shown.copied = true;
      this.#copied = { id, until: this.#ticker.clock.steady() + COPIED_MS };
    });
  }

  #roll(): void {
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
