/** What tests of the window share: a clock that is moved by hand, and the window over a host that says what a test wants. */
import { FakeHost } from "../host/fake";
import type { AppView } from "../host/generated/AppView";
import { App } from "./app.svelte";
import type { Clock } from "./clock.svelte";

/** A clock that tests move by hand. */
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

/** The window over a host that says `view`, once it has asked what it asks at the start. */
export async function started(view: AppView, prepare: (host: FakeHost) => void = () => undefined) {
  const host = new FakeHost(view);
  prepare(host);
  const clock = new TestClock();
  const kept = new Map<string, string>();
  const store = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) };
  const app = new App(host, clock, store);
  await app.start();
  await settled();
  return { app, host, clock, kept };
}
