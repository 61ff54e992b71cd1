/** Finding an account among many by any of its names. */
import type { AccountView } from "../host/generated/AccountView";

export class Search {
  #accounts: () => AccountView[];
  /** What is looked for; `null` when nobody is searching. */
  words = $state<string | null>(null);

  constructor(accounts: () => AccountView[]) {
    this.#accounts = accounts;
  }

  /** Made once per list, so that a key press only compares. */
  #texts = $derived.by(() => this.#accounts().map((account) => `${account.title}\n${account.issuer}\n${account.account}`.toLowerCase()));

  found = $derived.by(() => {
    const words = (this.words ?? "").trim().toLowerCase();
    const accounts = this.#accounts();
    if (words === "") return accounts;
    return accounts.filter((_, at) => this.#texts[at]?.includes(words));
  });

  begin(): void {
    this.words = "";
  }

  /** `false` when nobody was searching. */
  end(): boolean {
    const searching = this.words !== null;
    this.words = null;
    return searching;
  }
}
