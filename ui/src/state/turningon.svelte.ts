/** Turning the backup on, or giving it another passphrase: chosen twice, and the app's own PIN or passphrase just now. */
import type { BackupView } from "../host/generated/BackupView";
import type { UnlockMethod } from "../host/generated/UnlockMethod";
import type { Host } from "../host/host";
import { asProblem, problem } from "../host/problem";
import { Choosing } from "./choosing.svelte";
import { Confirming } from "./confirming.svelte";

export class TurningOn {
  #host: Host;
  #method: UnlockMethod;
  #stop: (() => void) | null = null;
  readonly choosing: Choosing;
  /** The backup is on, and gets another passphrase. */
  readonly again: boolean;
  /** The app's own PIN or passphrase, asked for between the choice and the backup. */
  confirming = $state.raw<Confirming | null>(null);

  constructor(host: Host, method: UnlockMethod, again: boolean, done: (view: BackupView) => void) {
    this.#host = host;
    this.#method = method;
    this.again = again;
    this.choosing = new Choosing(host, "passphrase", async (chosen) => done(await this.#turnOn(chosen)));
  }

  /** One step back; `false` when there is none. What was typed is forgotten by then. */
  back(): boolean {
    if (this.confirming !== null) {
      if (!this.confirming.busy) this.#stop?.();
      return this.confirming !== null;
    }
    if (this.choosing.busy || this.choosing.back()) return true;
    this.choosing.forget();
    return false;
  }

  async #turnOn(chosen: string): Promise<BackupView> {
    for (;;) {
      try {
        return await this.#host.turnOnBackup(chosen);
      } catch (thrown) {
        const refusal = asProblem(thrown);
        if (refusal.code !== "fresh_unlock") throw refusal;
        await this.#confirm();
      }
    }
  }

  #confirm(): Promise<void> {
    return new Promise((confirmed, stopped) => {
      const end = () => {
        this.confirming = null;
        this.#stop = null;
      };
      this.#stop = () => {
        end();
        stopped(problem("fresh_unlock"));
      };
      this.confirming = new Confirming(this.#host, this.#method, () => {
        end();
        confirmed();
      });
    });
  }
}
