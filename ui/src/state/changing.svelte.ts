/** Another PIN or passphrase in place of the one that locks the app now. */
import type { AppView } from "../host/generated/AppView";
import type { UnlockMethod } from "../host/generated/UnlockMethod";
import type { Host } from "../host/host";
import { Choosing } from "./choosing.svelte";
import { Confirming } from "./confirming.svelte";

export type ChangeStep = { at: "current"; confirming: Confirming } | { at: "next"; choosing: Choosing } | { at: "changed" };

export class Changing {
  #host: Host;
  #changed: (view: AppView) => void;
  readonly method: UnlockMethod;
  step = $state.raw<ChangeStep>({ at: "changed" });

  constructor(host: Host, method: UnlockMethod, changed: (view: AppView) => void) {
    this.#host = host;
    this.method = method;
    this.#changed = changed;
    this.#askCurrent();
  }

  /** One step back; `false` when there is none. */
  back(): boolean {
    if (this.step.at !== "next") return false;
    if (this.step.choosing.busy) return true;
    if (!this.step.choosing.back()) this.#askCurrent();
    return true;
  }

  #askCurrent(): void {
    this.step = { at: "current", confirming: new Confirming(this.#host, this.method, (current) => this.#choose(current)) };
  }

  #choose(current: string): void {
    const choosing = new Choosing(this.#host, this.method, async (next) => {
      const view = await this.#host.changeSecret(current, next);
      this.step = { at: "changed" };
      this.#changed(view);
    });
    this.step = { at: "next", choosing };
  }
}
