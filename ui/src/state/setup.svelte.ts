/** Choosing what locks the app, twice, before anything is stored. */
import type { AppView } from "../host/generated/AppView";
import type { Problem } from "../host/generated/Problem";
import type { UnlockMethod } from "../host/generated/UnlockMethod";
import type { Host } from "../host/host";
import { asProblem } from "../host/problem";
import { onlyDigits } from "./digits";
import { PIN_DIGITS } from "./lock.svelte";

export type SetupStep = { at: "choose" } | { at: "again"; first: string };

/** Why the last try was not taken. */
export type SetupFault = { is: "weak"; secret: string } | { is: "different" } | { is: "refused"; problem: Problem };

/** Refused before the host is asked, so that a person hears of it before typing it twice. */
export function isGuessable(pin: string): boolean {
  const digits = [...pin].map(Number);
  const steps = new Set(digits.slice(1).map((digit, at) => (digit - (digits[at] ?? 0) + 10) % 10));
  if (steps.size === 1 && (steps.has(0) || steps.has(1) || steps.has(9))) return true;
  const half = pin.length / 2;
  return pin.slice(0, half) === pin.slice(half) || new Set(digits).size < 3;
}

export const LEAST_PASSPHRASE = 10;

export class Setup {
  #host: Host;
  #made: (view: AppView) => void;
  readonly method: UnlockMethod;
  step = $state<SetupStep>({ at: "choose" });
  typed = $state("");
  fault = $state<SetupFault | null>(null);
  busy = $state(false);

  constructor(host: Host, method: UnlockMethod, made: (view: AppView) => void) {
    this.#host = host;
    this.method = method;
    this.#made = made;
  }

  async type(text: string): Promise<void> {
    if (this.busy) return;
    this.typed = this.method === "pin" ? onlyDigits(text, PIN_DIGITS) : text;
    if (this.typed !== "") this.fault = null;
    if (this.method === "pin" && this.typed.length === PIN_DIGITS) await this.submit();
  }

  async submit(): Promise<void> {
    if (this.busy || this.typed === "") return;
    if (this.step.at === "choose") this.#choose();
    else await this.#confirm(this.step.first);
  }

  /** One step back; `false` when there is none. */
  back(): boolean {
    if (this.step.at === "choose") return false;
    this.#restart(null);
    return true;
  }

  #choose(): void {
    const secret = this.typed;
    const weak = this.method === "pin" ? isGuessable(secret) : secret.length < LEAST_PASSPHRASE;
    if (weak) {
      this.fault = { is: "weak", secret };
      if (this.method === "pin") this.typed = "";
      return;
    }
    this.step = { at: "again", first: secret };
    this.typed = "";
    this.fault = null;
  }

  async #confirm(first: string): Promise<void> {
    if (this.typed !== first) {
      this.#restart({ is: "different" });
      return;
    }
    this.busy = true;
    try {
      this.#made(await this.#host.createVault(first));
    } catch (thrown) {
      const refusal = asProblem(thrown);
      this.#restart(refusal.code === "weak_secret" ? { is: "weak", secret: first } : { is: "refused", problem: refusal });
    } finally {
      this.busy = false;
    }
  }

  #restart(fault: SetupFault | null): void {
    this.step = { at: "choose" };
    this.typed = "";
    this.fault = fault;
  }
}
