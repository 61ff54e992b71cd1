/** The portal's host in a browser: the self-service API over `fetch`, with the cookie that only the browser sees. */
import type { ProofView } from "./generated/self-service/ProofView";
import type { SessionView } from "./generated/self-service/SessionView";
import type { Portal } from "./portal";
import { asPortalProblem, portalProblem } from "./portal-problem";

const BASE = "/self-service/v1";
const CSRF = "x-countersign-csrf";
/** An answer that takes longer is none. */
const ANSWER_MS = 15_000;
/** Held calls are answered after 25 s at the latest; the rest is for the way. */
const HELD_MS = 40_000;

type Verb = "GET" | "POST" | "PUT" | "DELETE";

export class BrowserPortal implements Portal {
  #fetch: typeof fetch;
  #csrf = "";
  #millisFast = 0;

  #changed: () => void;

  /** `changed` is told of everything that another tab of this session would show otherwise. */
  constructor(fetcher: typeof fetch = fetch.bind(globalThis), changed: () => void = () => undefined) {
    this.#fetch = fetcher;
    this.#changed = changed;
  }

  millisFast = () => this.#millisFast;

  site: Portal["site"] = () => this.#call("GET", "/site");
  signIn: Portal["signIn"] = (username, password) => this.#session("POST", "/session", { username, password });
  session: Portal["session"] = () => this.#session("GET", "/session");
  stay: Portal["stay"] = () => this.#session("POST", "/session/stay", {});
  signOut: Portal["signOut"] = () => this.#call("DELETE", "/session");

  prove: Portal["prove"] = (wanted) => this.#call("POST", "/proofs", wanted);
  proof: Portal["proof"] = async (id, after, signal) => {
    const proof = await this.#held<ProofView>(`/proofs/${encodeURIComponent(id)}`, after, signal);
    if (proof.state === "confirmed") this.#changed();
    return proof;
  };
  cancelProof: Portal["cancelProof"] = (id) => this.#call("DELETE", `/proofs/${encodeURIComponent(id)}`);

  rename: Portal["rename"] = (device, name) => this.#session("PUT", `/devices/${encodeURIComponent(device)}/name`, { name });
  putFirst: Portal["putFirst"] = (device, first) => this.#session("PUT", `/devices/${encodeURIComponent(device)}/first`, { first });
  remove: Portal["remove"] = (device) => this.#session("DELETE", `/devices/${encodeURIComponent(device)}`);
  sendTest: Portal["sendTest"] = (device) => this.#call("POST", `/devices/${encodeURIComponent(device)}/test`, {});
  test: Portal["test"] = (id, after, signal) => this.#held(`/tests/${encodeURIComponent(id)}`, after, signal);

  addNumber: Portal["addNumber"] = (wanted) => this.#call("POST", "/numbers", wanted);
  sendCode: Portal["sendCode"] = (number, by) => this.#call("POST", `/numbers/${encodeURIComponent(number)}/code`, { by });
  confirmNumber: Portal["confirmNumber"] = (number, code) => this.#call("POST", `/numbers/${encodeURIComponent(number)}/confirm`, { code });
  addLandline: Portal["addLandline"] = (number) => this.#session("POST", "/landlines", { number });

  activate: Portal["activate"] = (wanted) => this.#call("POST", "/activations", wanted);
  activation: Portal["activation"] = (id, after, signal) => this.#held(`/activations/${encodeURIComponent(id)}`, after, signal);
  confirmScan: Portal["confirmScan"] = (id, check) => this.#call("POST", `/activations/${encodeURIComponent(id)}/confirm`, { check });
  cancelActivation: Portal["cancelActivation"] = (id) => this.#call("DELETE", `/activations/${encodeURIComponent(id)}`);

  deskFind: Portal["deskFind"] = (name) => this.#call("GET", `/desk/people?${new URLSearchParams({ name })}`);
  deskPerson: Portal["deskPerson"] = (person) => this.#call("GET", `/desk/people/${encodeURIComponent(person)}`);
  deskBypass: Portal["deskBypass"] = (person, reason) =>
    this.#call("POST", `/desk/people/${encodeURIComponent(person)}/bypass`, { reason });
  deskUnlock: Portal["deskUnlock"] = (person, reason) =>
    this.#call("POST", `/desk/people/${encodeURIComponent(person)}/unlock`, { reason });
  deskRelease: Portal["deskRelease"] = (person, reason) =>
    this.#call("POST", `/desk/people/${encodeURIComponent(person)}/release`, { reason });
  deskSuspend: Portal["deskSuspend"] = (person, device, reason) =>
    this.#call("POST", `/desk/people/${encodeURIComponent(person)}/devices/${encodeURIComponent(device)}/suspend`, { reason });

  async #session(verb: Verb, path: string, body?: object): Promise<SessionView> {
    const view = await this.#call<SessionView>(verb, path, body);
    this.#csrf = view.csrf;
    return view;
  }

  #held<T>(path: string, after: number, signal: AbortSignal): Promise<T> {
    return this.#ask(`${path}?after=${after}`, { method: "GET" }, HELD_MS, signal);
  }

  async #call<T>(verb: Verb, path: string, body?: object): Promise<T> {
    const answer = await this.#persist<T>(verb, path, body);
    if (verb !== "GET") this.#changed();
    return answer;
  }

  /** A proof in another tab gave the session a new CSRF word; the call that did not know it is made once more. */
  async #persist<T>(verb: Verb, path: string, body?: object): Promise<T> {
    try {
      return await this.#ask(path, this.#request(verb, body), ANSWER_MS);
    } catch (thrown) {
      if (asPortalProblem(thrown).code !== "other_site" || verb === "GET" || path === "/session") throw thrown;
      const before = this.#csrf;
      await this.session();
      if (this.#csrf === before) throw thrown;
      return this.#ask(path, this.#request(verb, body), ANSWER_MS);
    }
  }

  #request(method: Verb, body?: object): RequestInit {
    if (method === "GET") return { method };
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (this.#csrf !== "") headers[CSRF] = this.#csrf;
    return { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  }

  async #ask<T>(path: string, init: RequestInit, within: number, outer?: AbortSignal): Promise<T> {
    const patience = new AbortController();
    const give = () => patience.abort();
    const timer = setTimeout(give, within);
    outer?.addEventListener("abort", give, { once: true });
    if (outer?.aborted === true) give();
    try {
      const answer = await this.#fetch(BASE + path, {
        ...init,
        signal: patience.signal,
        credentials: "same-origin",
        cache: "no-store",
        redirect: "error",
        referrerPolicy: "no-referrer",
      });
      this.#learnTime(answer.headers.get("date"));
      if (answer.status === 204) return undefined as T;
      const body: unknown = await answer.json().catch(() => null);
      if (answer.ok && body !== null) return body as T;
      // A proxy in front answers for a service that is not there, in its own words.
      const problem = asPortalProblem(body);
      throw problem.code === "unforeseen" && answer.status >= 500 ? portalProblem("unreachable") : problem;
    } catch (thrown) {
      // `fetch` throws a `TypeError` without a connection and an `AbortError` when it took too long.
      throw thrown instanceof Error ? portalProblem("unreachable") : asPortalProblem(thrown);
    } finally {
      clearTimeout(timer);
      outer?.removeEventListener("abort", give);
    }
  }

  /** The header counts whole seconds, so that anything below two is no difference. */
  #learnTime(date: string | null): void {
    const said = date === null ? Number.NaN : Date.parse(date);
    if (Number.isNaN(said)) return;
    const fast = Date.now() - said;
    this.#millisFast = Math.abs(fast) < 2_000 ? 0 : fast;
  }
}
