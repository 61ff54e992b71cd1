/** Asking for the PIN or passphrase once more while the app is open. */
import type { Problem } from "../host/generated/Problem";
import type { UnlockMethod } from "../host/generated/UnlockMethod";
import type { Host } from "../host/host";
import { asProblem } from "../host/problem";
import { onlyDigits } from "./digits";
import { PIN_DIGITS } from "./lock.svelte";

export class Confirming {
  #host: Host;
  #confirmed: (secret: string) => void;
  readonly method: UnlockMethod;
  typed = $state("");
  busy = $state(false);
  problem = $state.raw<Problem | null>(null);

  /** `confirmed` is called once, with what was typed, when the host took it. */
  constructor(host: Host, method: UnlockMethod, confirmed: (secret: string) => void) {
    this.#host = host;
    this.method = method;
    this.#confirmed = confirmed;
  }

  /** What the field now holds; a full PIN goes off by itself. */
  async type(text: string): Promise<void> {
    if (this.busy) return;
    this.typed = this.method === "pin" ? onlyDigits(text, PIN_DIGITS) : text;
    if (this.typed !== "") this.problem = null;
    if (this.method === "pin" && this.typed.length === PIN_DIGITS) await this.submit();
  }

  async submit(): Promise<void> {
    if (this.busy || this.typed === "") return;
    const secret = this.typed;
    this.busy = true;
    this.problem = null;
    this.typed = "";
    try {
      await this.#host.confirmSecret(secret);
      this.#confirmed(secret);
    } catch (thrown) {
      this.problem = asProblem(thrown);
    } finally {
      this.busy = false;
    }
  }
}
