/** Moving to another phone with both in hand: the code, the digits on both, the new phone’s yes, and what is left to move. */
import type { MovableAccount } from "../host/generated/MovableAccount";
import type { MoveAct } from "../host/generated/MoveAct";
import type { MoveStanding } from "../host/generated/MoveStanding";
import type { MoveStep } from "../host/generated/MoveStep";
import type { MoveView } from "../host/generated/MoveView";
import type { Problem } from "../host/generated/Problem";
import type { UnlockMethod } from "../host/generated/UnlockMethod";
import type { Host } from "../host/host";
import { asProblem } from "../host/problem";
import { Confirming } from "./confirming.svelte";
import { pause } from "./watch";
import type { Pause } from "./watch";

/** Between two questions that were answered without news, and before another where none was answered. */
const AGAIN_MS = 300;
const RETRY_MS = 2_000;

const isOver = (step: MoveStep): boolean => step.at === "moved" || step.at === "over";

export class Moving {
  readonly #host: Host;
  readonly #method: UnlockMethod;
  readonly #pause: Pause;
  /** What there is to move; `null` until it is known. */
  view = $state.raw<MoveView | null>(null);
  standing = $state.raw<MoveStanding | null>(null);
  /** Accounts that moved while this page was open. */
  moved = $state.raw<readonly string[]>([]);
  busy = $state(false);
  problem = $state.raw<Problem | null>(null);
  confirming = $state.raw<Confirming | null>(null);
  /** The new phone showed other digits, or none: the person said so. */
  foreign = $state(false);
  #watching: AbortController | null = null;

  constructor(host: Host, method: UnlockMethod, wait: Pause = pause) {
    this.#host = host;
    this.#method = method;
    this.#pause = wait;
  }

  async begin(): Promise<void> {
    this.problem = null;
    try {
      this.view = await this.#host.moveView();
    } catch (thrown) {
      this.problem = asProblem(thrown);
      return;
    }
    if (this.view.under_way !== null) this.#follow(this.view.under_way);
  }

  /** The accounts that can be moved and were not yet. */
  get left(): MovableAccount[] {
    const accounts = this.view?.accounts ?? [];
    return accounts.filter(({ id, can_move: can }) => can && !this.moved.includes(id));
  }

  /** The one that the present step is about. */
  get account(): MovableAccount | null {
    const accounts = this.view?.accounts ?? [];
    return accounts.find(({ id }) => id === this.standing?.account_id) ?? null;
  }

  get step(): MoveStep | null {
    return this.standing?.step ?? null;
  }

  /** Makes a code for the next account, or another code where one is over. */
  async show(): Promise<void> {
    const [next] = this.left;
    if (this.busy || next === undefined) return;
    this.busy = true;
    this.problem = null;
    this.foreign = false;
    try {
      this.#follow(await this.#host.beginMove(next.id));
    } catch (thrown) {
      const refusal = asProblem(thrown);
      if (refusal.code === "fresh_unlock") this.#confirm();
      else this.problem = refusal;
    } finally {
      this.busy = false;
    }
  }

  same(): Promise<void> {
    return this.#act("same");
  }

  testAgain(): Promise<void> {
    return this.#act("test");
  }

  stop(): Promise<void> {
    return this.#act("stop");
  }

  /** The new phone shows other digits: whoever scanned the code gets nothing. */
  async differs(): Promise<void> {
    await this.#act("stop");
    this.foreign = this.problem === null;
  }

  /** Goes on looking after a refusal. */
  again(): void {
    if (this.standing !== null) this.#follow(this.standing);
    else void this.begin();
  }

  /** One step back; `false` when there is none. */
  back(): boolean {
    if (this.confirming !== null) {
      if (!this.confirming.busy) this.confirming = null;
      return true;
    }
    this.leave();
    return false;
  }

  /** A code that nobody looks at must not be scanned. What came of one goes on, and is found again on this page. */
  leave(): void {
    this.#watching?.abort();
    this.#watching = null;
    const at = this.step?.at;
    if (at === "shown" || at === "compare") void this.#host.actOnMove("stop").catch(() => undefined);
    this.standing = null;
    this.confirming = null;
  }

  async #act(act: MoveAct): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.problem = null;
    try {
      this.#follow(await this.#host.actOnMove(act));
    } catch (thrown) {
      this.problem = asProblem(thrown);
    } finally {
      this.busy = false;
    }
  }

  /** Takes it in, and asks for what comes after it. */
  #follow(standing: MoveStanding): void {
    this.#watching?.abort();
    const watching = (this.#watching = new AbortController());
    this.problem = null;
    this.#take(standing);
    void this.#watch(standing, watching.signal);
  }

  #take(standing: MoveStanding): void {
    this.standing = standing;
    if (standing.step.at === "moved") this.moved = [...this.moved, standing.account_id];
  }

  async #watch(first: MoveStanding, signal: AbortSignal): Promise<void> {
    let known = first;
    while (!isOver(known.step) && !signal.aborted) {
      try {
        const next = await this.#host.moveNews(known.revision);
        if (signal.aborted) return;
        this.problem = null;
        if (next.revision === known.revision && !isOver(next.step)) await this.#pause(AGAIN_MS);
        else this.#take((known = next));
      } catch (thrown) {
        if (signal.aborted) return;
        this.problem = asProblem(thrown);
        if (this.problem.code !== "service_down") return;
        await this.#pause(RETRY_MS);
      }
    }
  }

  #confirm(): void {
    this.confirming = new Confirming(this.#host, this.#method, () => {
      this.confirming = null;
      void this.show();
    });
  }
}
