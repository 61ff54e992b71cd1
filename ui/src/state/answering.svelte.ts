/** One sign-in request on screen, from the question to what became of it. */
import type { Answer } from "../host/generated/Answer";
import type { AnsweredView } from "../host/generated/AnsweredView";
import type { Problem } from "../host/generated/Problem";
import type { RequestView } from "../host/generated/RequestView";
import type { UnlockMethod } from "../host/generated/UnlockMethod";
import type { Host } from "../host/host";
import { asProblem } from "../host/problem";
import type { Ticker } from "./clock.svelte";
import { Confirming } from "./confirming.svelte";
import { onlyDigits } from "./digits";

/** Taps this soon after the question appears were meant for what was there before. */
export const GUARD_MS = 700;

export type AnswerStep =
  | { at: "request" }
  | { at: "number"; triesLeft: number | null }
  | { at: "approved" }
  | { at: "denied"; reporting: boolean; problem: Problem | null }
  | { at: "reported" }
  | { at: "too-many-wrong" }
  | { at: "expired" }
  /** `by` is the device that answered, where the service said so. */
  | { at: "elsewhere"; by: AnsweredView | null }
  | { at: "offline"; answer: Answer }
  | { at: "refused"; problem: Problem | null };

export class Answering {
  readonly request: RequestView;
  readonly endsAt: number;
  #host: Host;
  #ticker: Ticker;
  #method: UnlockMethod;
  #shownAt: number;
  step = $state<AnswerStep>({ at: "request" });
  number = $state("");
  /** The answer that is on its way. */
  sending = $state<Answer["say"] | null>(null);
  /** When the last word was said, as Unix milliseconds of the device. */
  answeredAt = $state(0);
  /** It was our Deny that stopped the sign-in, not the time. */
  denied = $state(false);
  /** Approving asks for the PIN or passphrase first; the request stays on screen behind it. */
  confirming = $state.raw<Confirming | null>(null);

  /** `method` is what the app is locked with, for when approving asks for it. */
  constructor(host: Host, ticker: Ticker, request: RequestView, endsAt: number, method: UnlockMethod = "pin") {
    this.#host = host;
    this.#ticker = ticker;
    this.#method = method;
    this.request = request;
    this.endsAt = endsAt;
    this.#shownAt = ticker.clock.steady();
    if (request.number_digits > 0) this.step = { at: "number", triesLeft: null };
  }

  secondsLeft = $derived.by(() => this.#ticker.secondsUntil(this.endsAt));

  /** The number has every digit, or none is asked for. */
  complete = $derived.by(() => this.number.length === this.request.number_digits);

  /** The question still stands. */
  get open(): boolean {
    return this.step.at === "request" || this.step.at === "number";
  }

  /** Called on every tick: a request that ran out closes by itself. */
  check(): void {
    if (this.sending !== null || this.#ticker.now < this.endsAt) return;
    if (this.open || this.step.at === "offline") this.#close({ at: "expired" });
  }

  /** The host no longer lists this request, and we did not answer it; `by` is the device that did, where it is known. */
  gone(by: AnsweredView | null): void {
    if (this.step.at === "elsewhere" && by !== null) this.step = { at: "elsewhere", by };
    if (this.open && this.sending === null) {
      const late = by === null && this.#ticker.now >= this.endsAt - 1_000;
      this.#close(late ? { at: "expired" } : { at: "elsewhere", by });
    }
  }

  /** Does not approve after all; the question stands as before. */
  stopConfirming(): void {
    if (this.confirming?.busy !== true) this.confirming = null;
  }

  type(text: string): void {
    // The PIN that is asked for in front of the question is no part of the number.
    if (this.sending === null && this.confirming === null && this.step.at === "number")
      this.number = onlyDigits(text, this.request.number_digits);
  }

  async approve(): Promise<void> {
    if (!this.complete || !this.#mayAnswer()) return;
    await this.#send({ say: "approve", number: this.request.number_digits > 0 ? this.number : null });
  }

  async deny(): Promise<void> {
    if (this.#mayAnswer()) await this.#send({ say: "deny" });
  }

  async retry(): Promise<void> {
    if (this.step.at === "offline" && this.sending === null) await this.#send(this.step.answer);
  }

  /** “This wasn’t me”: the request is denied already, or ran out; this reports it. */
  async report(): Promise<void> {
    if (this.sending !== null || (this.step.at !== "denied" && this.step.at !== "expired")) return;
    const from = this.step;
    this.sending = "report";
    if (from.at === "denied") this.step = { at: "denied", reporting: true, problem: null };
    try {
      const outcome = await this.#host.answer(this.request.id, { say: "report" });
      this.answeredAt = this.#ticker.clock.wall();
      if (outcome.result.is === "reported") this.step = { at: "reported" };
      else if (outcome.result.is === "offline") this.#notReported({ code: "service_down", subject: null, number: null });
      else this.#notReported({ code: "request_gone", subject: null, number: null });
    } catch (thrown) {
      this.#notReported(asProblem(thrown));
    } finally {
      this.sending = null;
    }
  }

  #close(step: AnswerStep): void {
    this.confirming = null;
    this.step = step;
  }

  #notReported(problem: Problem): void {
    this.step = this.step.at === "expired" ? { at: "refused", problem } : { at: "denied", reporting: false, problem };
  }

  #confirm(answer: Answer): void {
    this.confirming = new Confirming(this.#host, this.#method, () => {
      this.confirming = null;
      void this.#send(answer);
    });
  }

  #mayAnswer(): boolean {
    return this.open && this.confirming === null && this.sending === null && this.#ticker.clock.steady() - this.#shownAt >= GUARD_MS;
  }

  async #send(answer: Answer): Promise<void> {
    this.sending = answer.say;
    try {
      const { result } = await this.#host.answer(this.request.id, answer);
      this.answeredAt = this.#ticker.clock.wall();
      switch (result.is) {
        case "approved":
          this.step = { at: "approved" };
          break;
        case "denied":
          this.denied = true;
          this.step = { at: "denied", reporting: false, problem: null };
          break;
        case "reported":
          this.step = { at: "reported" };
          break;
        case "wrong_number":
          this.number = "";
          this.step = result.tries_left > 0 ? { at: "number", triesLeft: result.tries_left } : { at: "too-many-wrong" };
          break;
        case "expired":
          this.step = { at: "expired" };
          break;
        case "answered_elsewhere":
          this.step = { at: "elsewhere", by: null };
          break;
        case "offline":
          this.step = { at: "offline", answer };
          break;
        case "refused":
          this.step = { at: "refused", problem: null };
          break;
      }
    } catch (thrown) {
      const problem = asProblem(thrown);
      if (problem.code === "fresh_unlock") this.#confirm(answer);
      else if (problem.code === "service_down") this.step = { at: "offline", answer };
      else if (problem.code === "request_gone") this.step = { at: "elsewhere", by: null };
      else this.step = { at: "refused", problem };
    } finally {
      this.sending = null;
    }
    this.check();
  }
}
