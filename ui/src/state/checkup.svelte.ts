/** The security check-up: what needs the person, and what is as it should be. */
import type { CheckKind } from "../host/generated/CheckKind";
import type { CheckView } from "../host/generated/CheckView";
import type { Problem } from "../host/generated/Problem";
import type { Host } from "../host/host";
import { asProblem } from "../host/problem";

/** The checks that are worth a line when they found nothing. */
const IN_ORDER: readonly CheckKind[] = ["clock_wrong", "notifications_off", "offline", "needs_reactivating", "passphrase_only"];

export class CheckUp {
  #host: Host;
  #asked = 0;
  /** What was found; `null` before the first answer. */
  found = $state.raw<CheckView[] | null>(null);
  busy = $state(false);
  problem = $state.raw<Problem | null>(null);

  constructor(host: Host) {
    this.#host = host;
  }

  inOrder = $derived.by(() => IN_ORDER.filter((kind) => this.found?.every((check) => check.kind !== kind)));

  async run(): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    this.busy = true;
    try {
      const found = await this.#host.checkUp();
      if (asked !== this.#asked) return;
      this.found = found;
      this.problem = null;
    } catch (thrown) {
      if (asked === this.#asked) this.problem = asProblem(thrown);
    }
    if (asked === this.#asked) this.busy = false;
  }

  /** Nothing stays in memory when the app locks; an answer on its way is dropped. */
  forget(): void {
    this.#asked += 1;
    this.found = null;
    this.busy = false;
    this.problem = null;
  }
}
