/** Time for the screens: one timer drives every countdown. */

/** Where time comes from; tests bring their own. */
export interface Clock {
  /** Milliseconds that never jump. */
  steady(): number;
  /** Unix milliseconds of the device, which may be wrong. */
  wall(): number;
  /** Calls `tick` about this often; the result stops it. */
  every(ms: number, tick: () => void): () => void;
}

export const deviceClock: Clock = {
  steady: () => performance.now(),
  wall: () => Date.now(),
  every(ms, tick) {
    // Nobody sees a countdown in a hidden window; it catches up when it is shown again.
    const whenSeen = () => {
      if (!document.hidden) tick();
    };
    const timer = setInterval(whenSeen, ms);
    document.addEventListener("visibilitychange", whenSeen);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", whenSeen);
    };
  },
};

const TICK_MS = 200;
/** A difference this large between two ticks means that the device slept or was set. */
const JUMP_MS = 2_000;

/** The present moment as state: whoever reads `now` is drawn again as it moves. */
export class Ticker {
  now = $state(0);
  readonly clock: Clock;
  #listeners: (() => void)[] = [];
  #jumped: (() => void)[] = [];
  #drift: number;
  #stop: () => void;

  constructor(clock: Clock) {
    this.clock = clock;
    this.now = clock.steady();
    this.#drift = clock.wall() - clock.steady();
    this.#stop = clock.every(TICK_MS, () => this.tick());
  }

  tick(): void {
    this.now = this.clock.steady();
    const drift = this.clock.wall() - this.now;
    if (Math.abs(drift - this.#drift) > JUMP_MS) {
      this.#drift = drift;
      for (const listener of this.#jumped) listener();
    }
    for (const listener of this.#listeners) listener();
  }

  onTick(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** The steady clock stood still while the device slept: ask again for whatever counts down. */
  onJump(listener: () => void): void {
    this.#jumped.push(listener);
  }

  /** Whole seconds until `end`, never below zero. */
  secondsUntil(end: number): number {
    return Math.max(0, Math.ceil((end - this.now) / 1000));
  }

  stop(): void {
    this.#stop();
  }
}
