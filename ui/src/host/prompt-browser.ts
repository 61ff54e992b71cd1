/** The prompt's host in a browser. */
import type { PromptView } from "./generated/self-service/PromptView";
import { Calls } from "./calls";
import type { PromptHost } from "./prompt";

/** Where an application's link leads; only one that is not good is answered there by the page. */
const LINK = "/oauth/v1/authorize";
const PAGE = "/prompt";

/** Whether this address is the prompt's, and not the portal's. */
export const isPrompt = (pathname: string): boolean => pathname === PAGE || pathname === LINK;

/** The prompt that an address names; `null` where it names none. */
export function promptAt({ pathname, hash }: Pick<Location, "pathname" | "hash">): string | null {
  return pathname === PAGE ? (/^#([a-z0-9]{20})$/.exec(hash)?.[1] ?? null) : null;
}

export class BrowserPrompt implements PromptHost {
  #site: Calls;
  #calls: Calls;
  #base: string;
  #go: (address: string) => void;

  constructor(id: string, fetcher?: typeof fetch, go = (address: string) => location.assign(address)) {
    this.#site = new Calls("/self-service/v1", fetcher);
    this.#base = `/prompt/v1/${id}`;
    this.#calls = new Calls(this.#base, fetcher);
    this.#go = go;
  }

  millisFast = () => this.#calls.millisFast;
  site: PromptHost["site"] = () => this.#site.call("GET", "/site");
  async view(): Promise<PromptView> {
    const view = await this.#calls.call<PromptView>("GET", "");
    this.#calls.csrf = view.csrf;
    return view;
  }
  prove: PromptHost["prove"] = (wanted) => this.#calls.call("POST", "/proofs", wanted);
  proof: PromptHost["proof"] = (id, after, signal) => this.#calls.held(`/proofs/${encodeURIComponent(id)}`, after, signal);
  cancelProof: PromptHost["cancelProof"] = (id) => this.#calls.call("DELETE", `/proofs/${encodeURIComponent(id)}`);
  giveUp: PromptHost["giveUp"] = () => this.#calls.call("POST", "/give-up", {});
  leave: PromptHost["leave"] = () => this.#go(`${this.#base}/leave`);
}
