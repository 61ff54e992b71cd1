/** Taking accounts off this device: the question, a while to change one's mind, and the ones that can still be put back. */
import type { AccountView } from "../host/generated/AccountView";
import type { Problem } from "../host/generated/Problem";
import type { Host } from "../host/host";
import { asProblem } from "../host/problem";
import type { Ticker } from "./clock.svelte";

/** How long the offer to undo stays on screen; after that the list of removed accounts has it. */
export const UNDO_MS = 10_000;

export interface Asking {
  account: AccountView;
  /** It was removed before; now it goes for good. */
  forGood: boolean;
  busy: boolean;
  problem: Problem | null;
}

export class Removal {
  #host: Host;
  #ticker: Ticker;
  #changed: () => Promise<void>;
  asking = $state<Asking | null>(null);
  #undo = $state.raw<{ account: AccountView; until: number } | null>(null);
  /** Why an account could not be put back. */
  problem = $state.raw<Problem | null>(null);

  /** `changed` is called when the lists of accounts are other ones now. */
  constructor(host: Host, ticker: Ticker, changed: () => Promise<void>) {
    this.#host = host;
    this.#ticker = ticker;
    this.#changed = changed;
  }

  /** The account that was just removed, as long as that is offered to be undone. */
  undoable = $derived.by(() => (this.#undo !== null && this.#ticker.now < this.#undo.until ? this.#undo.account : null));

  ask(account: AccountView, forGood = false): void {
    this.asking = { account, forGood, busy: false, problem: null };
  }

  /** Keeps the account, unless its removal is under way. */
  keep(): void {
    if (this.asking?.busy !== true) this.asking = null;
  }

  /** The answer was yes. `true` when the account is gone. */
  async confirm(): Promise<boolean> {
    const { asking } = this;
    if (asking === null || asking.busy) return false;
    asking.busy = true;
    asking.problem = null;
    try {
      if (asking.forGood) await this.#host.deleteForGood(asking.account.id);
      else await this.#host.remove(asking.account.id);
      this.#undo = asking.forGood ? null : { account: asking.account, until: this.#ticker.clock.steady() + UNDO_MS };
      this.asking = null;
      await this.#changed();
      return true;
    } catch (thrown) {
      this.asking = { ...asking, busy: false, problem: asProblem(thrown) };
      return false;
    }
  }

  async putBack(id: string): Promise<void> {
    this.#undo = null;
    this.problem = null;
    try {
      await this.#host.undoRemove(id);
    } catch (thrown) {
      this.problem = asProblem(thrown);
    }
    await this.#changed();
  }

  forget(): void {
    this.asking = null;
    this.#undo = null;
    this.problem = null;
  }
}
