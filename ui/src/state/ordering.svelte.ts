/** Putting the accounts in another order, by keys, buttons or dragging; one move is one change. */
import type { AccountView } from "../host/generated/AccountView";
import type { Problem } from "../host/generated/Problem";
import type { Host } from "../host/host";
import { asProblem } from "../host/problem";

export class Ordering {
  #host: Host;
  #changed: () => Promise<void>;
  #saving = false;
  #again = false;
  accounts = $state.raw<AccountView[]>([]);
  /** The account under the finger. */
  dragged = $state<string | null>(null);
  /** What moved last, and to which place counted from 1: said to screen readers. */
  moved = $state.raw<{ title: string; place: number; of: number } | null>(null);
  problem = $state.raw<Problem | null>(null);

  /** `changed` is called when the host keeps another order. */
  constructor(host: Host, accounts: AccountView[], changed: () => Promise<void>) {
    this.#host = host;
    this.accounts = accounts;
    this.#changed = changed;
  }

  /** The host lists other accounts now, unless a move is still on its way. */
  show(accounts: AccountView[]): void {
    if (!this.#saving && this.dragged === null) this.accounts = accounts;
  }

  at(id: string): number {
    return this.accounts.findIndex((account) => account.id === id);
  }

  /** Moves one account to a place, counted from 0, and keeps that. */
  async move(id: string, place: number): Promise<void> {
    if (this.#put(id, place)) await this.#save();
  }

  drag(id: string): void {
    this.dragged = id;
  }

  /** The finger is over the account `over`: the dragged one takes its place, kept when it is let go. */
  dragOver(over: string): void {
    if (this.dragged !== null && over !== this.dragged) this.#put(this.dragged, this.at(over));
  }

  async drop(): Promise<void> {
    if (this.dragged === null) return;
    this.dragged = null;
    if (this.moved !== null) await this.#save();
  }

  #put(id: string, place: number): boolean {
    const from = this.at(id);
    const account = this.accounts[from];
    if (account === undefined || place < 0 || place >= this.accounts.length || place === from) return false;
    this.accounts = this.accounts.toSpliced(from, 1).toSpliced(place, 0, account);
    this.moved = { title: account.title, place: place + 1, of: this.accounts.length };
    return true;
  }

  /** Moves that come while one is being kept become one more. */
  async #save(): Promise<void> {
    if (this.#saving) {
      this.#again = true;
      return;
    }
    this.#saving = true;
    this.problem = null;
    do {
      this.#again = false;
      try {
        await this.#host.reorder(this.accounts.map((account) => account.id));
      } catch (thrown) {
        this.problem = asProblem(thrown);
      }
    } while (this.#again);
    this.#saving = false;
    await this.#changed();
  }
}
