/** A clock that tests move by hand. */
import type { Clock } from "./clock.svelte";

export class TestClock implements Clock {
  #steady = 1_000;
  #wall = Date.UTC(2026, 0, 5, 14, 32);
  #ticks: (() => void)[] = [];

  steady = () => this.#steady;
  wall = () => this.#wall;

  every(_ms: number, tick: () => void): () => void {
    this.#ticks.push(tick);
    return () => (this.#ticks = this.#ticks.filter((other) => other !== tick));
  }

  /** Time passes, and the timer goes off once at the end of it. */
  pass(ms: number): void {
    this.#steady += ms;
    this.#wall += ms;
    for (const tick of this.#ticks) tick();
  }

  /** Time passes between two ticks of the timer. */
  drift(ms: number): void {
    this.#steady += ms;
    this.#wall += ms;
  }

  /** The device slept, or its clock was set: only the wall clock moved. */
  jump(ms: number): void {
    this.#wall += ms;
    for (const tick of this.#ticks) tick();
  }
}

/** Lets every promise that is already settled run its course. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
