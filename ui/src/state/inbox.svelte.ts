/** The sign-in requests that wait: when each ends, and which the person has seen. */
import type { RequestView } from "../host/generated/RequestView";
import type { Problem } from "../host/generated/Problem";
import type { Host } from "../host/host";
import { asProblem, problem } from "../host/problem";
import type { Ticker } from "./clock.svelte";

/** A request with the steady moment at which it ends. */
export interface Waiting {
  request: RequestView;
  endsAt: number;
}

export class Inbox {
  #host: Host;
  #ticker: Ticker;
  #seen = new Set<string>();
  waiting = $state.raw<Waiting[]>([]);
  denying = $state(false);
  /** Why some could not be denied. */
  problem = $state.raw<Problem | null>(null);

  constructor(host: Host, ticker: Ticker) {
    this.#host = host;
    this.#ticker = ticker;
  }

  /** What the host lists now. A request keeps the end it was first given, unless it is sooner. */
  show(requests: RequestView[]): void {
    const now = this.#ticker.clock.steady();
    const known = new Map(this.waiting.map((waiting) => [waiting.request.id, waiting]));
    this.waiting = requests.map((request) => {
      const endsAt = now + request.left_ms;
      return { request, endsAt: Math.min(endsAt, known.get(request.id)?.endsAt ?? endsAt) };
    });
    if (requests.length === 0) this.problem = null;
  }

  /** The requests that have not taken the window yet. */
  get fresh(): Waiting[] {
    return this.waiting.filter(({ request }) => !this.#seen.has(request.id));
  }

  see(waiting: Waiting[]): void {
    for (const { request } of waiting) this.#seen.add(request.id);
  }

  drop(id: string): void {
    this.waiting = this.waiting.filter(({ request }) => request.id !== id);
  }

  /** Called on every tick: what ran out is listed no longer. */
  expire(): void {
    const { now } = this.#ticker;
    if (this.waiting.some(({ endsAt }) => endsAt <= now)) this.waiting = this.waiting.filter(({ endsAt }) => endsAt > now);
  }

  /** Denies every request that is listed; the ones that could not be denied stay. */
  async denyAll(): Promise<void> {
    if (this.denying) return;
    this.denying = true;
    this.problem = null;
    try {
      for (const { id, result } of await this.#host.denyAll(this.waiting.map(({ request }) => request.id))) {
        if (result.is === "offline") this.problem = problem("service_down");
        else this.drop(id);
      }
    } catch (thrown) {
      this.problem = asProblem(thrown);
    } finally {
      this.denying = false;
    }
  }

  forget(): void {
    this.waiting = [];
    this.problem = null;
    this.#seen.clear();
  }
}
