/** Trying out the backup's passphrase on its newest file, while nothing depends on it yet. */
import type { Problem } from "../host/generated/Problem";
import type { RehearsalView } from "../host/generated/RehearsalView";
import type { Host } from "../host/host";
import { asProblem } from "../host/problem";

export class Rehearsing {
  #host: Host;
  typed = $state("");
  busy = $state(false);
  problem = $state.raw<Problem | null>(null);
  came = $state.raw<RehearsalView | null>(null);

  constructor(host: Host) {
    this.#host = host;
  }

  type(text: string): void {
    if (this.busy) return;
    this.typed = text;
    this.problem = null;
  }

  async open(): Promise<void> {
    if (this.busy || this.typed === "") return;
    this.busy = true;
    this.problem = null;
    try {
      this.came = await this.#host.rehearseBackup(this.typed);
      this.typed = "";
    } catch (thrown) {
      this.problem = asProblem(thrown);
    } finally {
      this.busy = false;
    }
  }

  /** Nothing that was typed stays behind. */
  forget(): void {
    this.typed = "";
    this.problem = null;
  }
}
