/** Choosing what locks the app, twice, before anything is stored. */
import type { PassphraseView } from "../host/generated/PassphraseView";
import type { Problem } from "../host/generated/Problem";
import type { UnlockMethod } from "../host/generated/UnlockMethod";
import type { Host } from "../host/host";
import { asProblem } from "../host/problem";
import { onlyDigits } from "./digits";
import { PIN_DIGITS } from "./lock.svelte";

export type ChooseStep = { at: "choose" } | { at: "again"; first: string };

/** Why the last try was not taken. */
export type ChooseFault = { is: "weak"; secret: string } | { is: "different" } | { is: "refused"; problem: Problem };

/** Refused before the host is asked, so that a person hears of it before typing it twice. */
export function isGuessable(pin: string): boolean {
  const digits = [...pin].map(Number);
  const steps = new Set(digits.slice(1).map((digit, at) => (digit - (digits[at] ?? 0) + 10) % 10));
  if (steps.size === 1 && (steps.has(0) || steps.has(1) || steps.has(9))) return true;
  const half = pin.length / 2;
  return pin.slice(0, half) === pin.slice(half) || new Set(digits).size < 3;
}

export class Choosing {
  #host: Host;
  #keep: (secret: string) => Promise<void>;
  #rating = 0;
  readonly method: UnlockMethod;
  step = $state.raw<ChooseStep>({ at: "choose" });
  typed = $state("");
  fault = $state.raw<ChooseFault | null>(null);
  /** How good the passphrase in the field is; `null` before the host has said. */
  strength = $state.raw<PassphraseView | null>(null);
  busy = $state(false);

  /** `keep` stores what was chosen, and is refused with a `Problem`. */
  constructor(host: Host, method: UnlockMethod, keep: (secret: string) => Promise<void>) {
    this.#host = host;
    this.method = method;
    this.#keep = keep;
  }

  async type(text: string): Promise<void> {
    if (this.busy) return;
    this.typed = this.method === "pin" ? onlyDigits(text, PIN_DIGITS) : text;
    if (this.typed !== "") this.fault = null;
    if (this.method === "pin" && this.typed.length === PIN_DIGITS) await this.submit();
    else if (this.method === "passphrase" && this.step.at === "choose") await this.#rate();
  }

  async submit(): Promise<void> {
    if (this.busy || this.typed === "") return;
    if (this.step.at === "choose") await this.#choose();
    else await this.#confirm(this.step.first);
  }

  /** One step back; `false` when there is none. */
  back(): boolean {
    if (this.step.at === "choose") return false;
    if (!this.busy) this.#restart(null);
    return true;
  }

  /** Nothing that was typed stays behind. */
  forget(): void {
    this.#restart(null);
  }

  async #choose(): Promise<void> {
    const secret = this.typed;
    if (this.method === "pin") {
      // A PIN that is taken or refused leaves the field at once.
      this.typed = "";
      if (isGuessable(secret)) this.fault = { is: "weak", secret };
      else this.step = { at: "again", first: secret };
      return;
    }
    if (this.strength === null) await this.#rate();
    if (this.typed !== secret || this.fault !== null) return;
    if (this.strength?.enough !== true) {
      this.fault = { is: "weak", secret };
      return;
    }
    this.step = { at: "again", first: secret };
    this.typed = "";
  }

  async #confirm(first: string): Promise<void> {
    if (this.typed !== first) {
      // A PIN is chosen anew; a passphrase can be mended.
      if (this.method === "pin") this.#restart({ is: "different" });
      else this.fault = { is: "different" };
      return;
    }
    this.busy = true;
    this.typed = "";
    try {
      await this.#keep(first);
      this.#restart(null);
    } catch (thrown) {
      const refusal = asProblem(thrown);
      this.#restart(refusal.code === "weak_secret" ? { is: "weak", secret: first } : { is: "refused", problem: refusal });
    } finally {
      this.busy = false;
    }
  }

  /** Asks how good the passphrase is; an answer that comes after more was typed is dropped. */
  async #rate(): Promise<void> {
    this.#rating += 1;
    const asked = this.#rating;
    this.strength = null;
    if (this.typed === "") return;
    try {
      const strength = await this.#host.ratePassphrase(this.typed);
      if (asked === this.#rating) this.strength = strength;
    } catch (thrown) {
      if (asked === this.#rating) this.fault = { is: "refused", problem: asProblem(thrown) };
    }
  }

  #restart(fault: ChooseFault | null): void {
    this.step = { at: "choose" };
    this.typed = "";
    this.strength = null;
    this.fault = fault;
  }
}
