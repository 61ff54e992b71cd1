/** What happened on this device: the list, day by day. */
import type { ActivityView } from "../host/generated/ActivityView";
import type { Problem } from "../host/generated/Problem";
import type { Host } from "../host/host";
import { asProblem } from "../host/problem";
import type { Clock } from "./clock.svelte";
import { daysBetween } from "./days";

export interface Day {
  /** Days before today; 0 = today. */
  ago: number;
  entries: ActivityView[];
}

/** So many entries are drawn at first, and so many more each time older ones are asked for. */
export const PAGE = 100;

export class Activity {
  #host: Host;
  #clock: Clock;
  #asked = 0;
  /** Newest first; `null` before the host has answered. */
  entries = $state.raw<ActivityView[] | null>(null);
  problem = $state.raw<Problem | null>(null);
  #drawn = $state(PAGE);

  constructor(host: Host, clock: Clock) {
    this.#host = host;
    this.#clock = clock;
  }

  days = $derived.by((): Day[] => {
    const days: Day[] = [];
    for (const entry of (this.entries ?? []).slice(0, this.#drawn)) {
      const ago = Math.max(0, daysBetween(Number(entry.at_ms), this.#clock.wall()));
      const last = days.at(-1);
      if (last !== undefined && last.ago === ago) last.entries.push(entry);
      else days.push({ ago, entries: [entry] });
    }
    return days;
  });

  /** There are older entries than those in `days`. */
  hasOlder = $derived.by(() => (this.entries?.length ?? 0) > this.#drawn);

  showOlder(): void {
    this.#drawn += PAGE;
  }

  /** Opens the list at its newest entries. */
  begin(): void {
    this.#drawn = PAGE;
    void this.load();
  }

  of(accountId: string): ActivityView[] {
    return (this.entries ?? []).filter((entry) => entry.account_id === accountId);
  }

  find(id: string): ActivityView | null {
    return this.entries?.find((entry) => entry.id === id) ?? null;
  }

  async load(): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    try {
      const entries = await this.#host.activity();
      if (asked !== this.#asked) return;
      this.entries = entries;
      this.problem = null;
    } catch (thrown) {
      if (asked === this.#asked) this.problem = asProblem(thrown);
    }
  }

  /** Nothing stays in memory when the app locks; an answer on its way is dropped. */
  forget(): void {
    this.#asked += 1;
    this.entries = null;
    this.problem = null;
  }
}
