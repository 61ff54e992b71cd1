/** The locked app: what was typed, whether it was wrong, how long to wait. */
import type { AppView } from "../host/generated/AppView";
import type { Problem } from "../host/generated/Problem";
import type { UnlockMethod } from "../host/generated/UnlockMethod";
import type { Host } from "../host/host";
import { asProblem } from "../host/problem";
import type { Ticker } from "./clock.svelte";
import { onlyDigits } from "./digits";

export const PIN_DIGITS = 6;
/** The first wait; each further wrong one doubles it. */
const FIRST_WAIT_SECONDS = 60;

type LockedView = Extract<AppView, { at: "locked" }>;

export class Lock {
  #host: Host;
  #ticker: Ticker;
  #opened: (view: AppView) => void;
  #waitEndsAt = $state(0);
  method = $state<UnlockMethod>("pin");
  typed = $state("");
  busy = $state(false);
  wrong = $state(false);
  triesLeft = $state<number | null>(null);
  problem = $state<Problem | null>(null);
  /** Ten wrong ones in a row: nothing is tried any more. */
  stopped = $state(false);
  /** Several waits have passed without the right one. */
  repeated = $state(false);
  /** A finger or face may open the app. */
  biometric = $state(false);
  /** The person would rather type, although a finger or face may open the app. */
  typing = $state(false);
  /** The person does not know the PIN any more. */
  forgotten = $state(false);

  constructor(host: Host, ticker: Ticker, opened: (view: AppView) => void) {
    this.#host = host;
    this.#ticker = ticker;
    this.#opened = opened;
  }

  /** The host says that the app is locked, and how. */
  show(view: LockedView): void {
    this.method = view.unlock_with;
    this.triesLeft = view.tries_left;
    this.stopped = view.stopped;
    this.biometric = view.biometric;
    this.#wait(view.wait_seconds);
  }

  forget(): void {
    this.typed = "";
    this.typing = false;
    this.forgotten = false;
    this.wrong = false;
    this.problem = null;
    this.triesLeft = null;
  }

  waitSeconds = $derived.by(() => this.#ticker.secondsUntil(this.#waitEndsAt));

  /** What the field now holds; a full PIN goes off by itself. */
  async type(text: string): Promise<void> {
    if (this.busy) return;
    this.typed = this.method === "pin" ? onlyDigits(text, PIN_DIGITS) : text;
    if (this.typed !== "") this.wrong = false;
    if (this.method === "pin" && this.typed.length === PIN_DIGITS) await this.submit();
  }

  async submit(): Promise<void> {
    if (this.busy || this.typed === "" || this.waitSeconds > 0 || this.stopped) return;
    this.busy = true;
    this.problem = null;
    const secret = this.typed;
    // Nothing that was typed stays in the page while the host works, or after.
    this.typed = "";
    try {
      const view = await this.#host.unlock(secret);
      this.forget();
      this.#opened(view);
    } catch (thrown) {
      // A passphrase can be mended; a PIN is typed again from the start.
      if (this.method === "passphrase") this.typed = secret;
      await this.#refused(asProblem(thrown));
    } finally {
      this.busy = false;
    }
  }

  /** One step back; `false` when there is none. */
  back(): boolean {
    const was = this.forgotten;
    this.forgotten = false;
    return was;
  }

  #wait(seconds: number): void {
    // The ticker is up to one tick behind: no wait must not look like the end of one.
    this.#waitEndsAt = seconds === 0 ? 0 : this.#ticker.clock.steady() + seconds * 1000;
    this.repeated = seconds > FIRST_WAIT_SECONDS;
  }

  async #refused(refusal: Problem): Promise<void> {
    if (refusal.code !== "wrong_secret" && refusal.code !== "must_wait") {
      this.problem = refusal;
      return;
    }
    this.wrong = refusal.code === "wrong_secret";
    // Whether a wait begins or it was the tenth, the host knows.
    try {
      const view = await this.#host.view();
      if (view.at === "locked") this.show(view);
      else this.#opened(view);
    } catch (thrown) {
      this.problem = asProblem(thrown);
    }
    if (this.wrong && this.triesLeft === null) this.triesLeft = refusal.number;
  }
}
