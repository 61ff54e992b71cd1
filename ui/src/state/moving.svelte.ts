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

/** Between two questions that were answered, and before another where none was. */
const AGAIN_MS = 300;
const RETRY_MS = 2_000;

const isOver = (step: MoveStep): boolean => step.at === "moved" || step.at === "over";
const isLookedAt = (step: MoveStep | null): boolean => step?.at === "shown" || step?.at === "compare";

/** How the person ended it: they wanted to, or the new phone showed other digits, or none. */
export type MoveEnd = "stopped" | "foreign";

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
  /** How the person ended the move that is over; `null` where they did not. */
  ended = $state<MoveEnd | null>(null);
  /** What a stop that is under way means. */
  #ending: MoveEnd | null = null;
  #watching: AbortController | null = null;
  /** Counts up with everything that is asked or said, so that only the last of it is answered. */
  #turn = 0;
  /** Counts up with every leaving: a code that comes after it is stopped. */
  #left = 0;
  /** It was looked once more already for a move that the host does not know. */
  #lookedAgain = false;

  constructor(host: Host, method: UnlockMethod, wait: Pause = pause) {
    this.#host = host;
    this.#method = method;
    this.#pause = wait;
  }

  /** Looks for what there is to move, and goes on with what is under way. */
  async begin(): Promise<void> {
    const left = this.#left;
    const turn = this.#next();
    this.problem = null;
    try {
      const view = await this.#host.moveView();
      if (turn !== this.#turn) {
        if (left !== this.#left && view.under_way !== null) this.#drop(view.under_way);
        return;
      }
      this.view = view;
      if (view.under_way !== null) this.#follow(view.under_way);
      else this.standing = null;
    } catch (thrown) {
      if (turn === this.#turn) this.problem = asProblem(thrown);
    }
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

  /** The one whose code is made next: the one whose code is over, else the first that is left. */
  get next(): MovableAccount | null {
    const { left } = this;
    return left.find(({ id }) => id === this.standing?.account_id) ?? left[0] ?? null;
  }

  /** Makes a code for an account: the next one, unless the person chose another. */
  async show(id = this.next?.id): Promise<void> {
    if (this.busy || id === undefined) return;
    this.ended = null;
    await this.#ask(
      () => this.#host.beginMove(id),
      (refusal) => {
        if (refusal.code === "fresh_unlock") this.#confirm(id);
        else this.problem = refusal;
      },
    );
  }

  same(): Promise<void> {
    return this.#act("same");
  }

  testAgain(): Promise<void> {
    return this.#act("test");
  }

  stop(): Promise<void> {
    return this.#act("stop", "stopped");
  }

  /** The new phone shows other digits: whoever scanned the code gets nothing. */
  differs(): Promise<void> {
    return this.#act("stop", "foreign");
  }

  /** Goes on looking after a refusal; where the host knows no such move, it is asked what there is. */
  again(): void {
    if (this.standing === null || this.problem?.code === "draft_gone") void this.begin();
    else this.#follow(this.standing);
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
    this.#left += 1;
    this.#next();
    this.#watching?.abort();
    this.#watching = null;
    if (this.standing !== null) this.#drop(this.standing);
    this.standing = null;
    this.confirming = null;
    this.problem = null;
    this.ended = null;
  }

  /** A stop goes out whatever else is under way, and nothing else beside it. */
  async #act(act: MoveAct, ending: MoveEnd | null = null): Promise<void> {
    if (this.#ending !== null || (this.busy && ending === null)) return;
    await this.#ask(
      () => this.#host.actOnMove(act),
      (refusal) => {
        if (refusal.code === "draft_gone") void this.begin();
        else this.problem = refusal;
      },
      ending,
    );
  }

  /** Asks for how the move stands next. Of several that overlap, the last one's answer counts. */
  async #ask(work: () => Promise<MoveStanding>, refused: (why: Problem) => void, ending: MoveEnd | null = null): Promise<void> {
    const left = this.#left;
    const turn = this.#next();
    this.busy = true;
    this.#ending = ending;
    this.problem = null;
    try {
      const standing = await work();
      if (turn === this.#turn) this.#follow(standing);
      else if (left !== this.#left) this.#drop(standing);
    } catch (thrown) {
      if (turn === this.#turn) refused(asProblem(thrown));
    } finally {
      if (turn === this.#turn) this.#free();
    }
  }

  /** Whatever is under way is answered to nobody from now on. */
  #next(): number {
    this.#free();
    return (this.#turn += 1);
  }

  #free(): void {
    this.busy = false;
    this.#ending = null;
  }

  /** Stops what shows a code or digits to nobody. */
  #drop({ step }: MoveStanding): void {
    if (isLookedAt(step)) void this.#host.actOnMove("stop").catch(() => undefined);
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
    const { account_id: id, step } = standing;
    if (step.at === "over") this.ended ??= this.#ending;
    if (step.at === "moved" && !this.moved.includes(id)) this.moved = [...this.moved, id];
  }

  async #watch(first: MoveStanding, signal: AbortSignal): Promise<void> {
    let known = first;
    while (!isOver(known.step) && !signal.aborted) {
      try {
        const next = await this.#host.moveNews(known.revision);
        if (signal.aborted) return;
        this.problem = null;
        this.#lookedAgain = false;
        if (next.revision !== known.revision || isOver(next.step)) this.#take((known = next));
        // Also after news: a service that has some with every answer would be asked without end
        await this.#pause(AGAIN_MS);
      } catch (thrown) {
        if (signal.aborted) return;
        const why = asProblem(thrown);
        if (why.code === "draft_gone" && (this.busy || !this.#lookedAgain)) {
          // What is being said to it meanwhile is answered the same
          if (this.busy) return;
          this.#lookedAgain = true;
          return this.begin();
        }
        this.problem = why;
        if (why.code !== "service_down") return;
        await this.#pause(RETRY_MS);
      }
    }
  }

  #confirm(id: string): void {
    const confirming = new Confirming(this.#host, this.#method, () => {
      if (this.confirming !== confirming) return;
      this.confirming = null;
      void this.show(id);
    });
    this.confirming = confirming;
  }
}
