/** Calls of a page to the service that it came from: over `fetch`, with the cookie that only the browser sees. */
import { asPortalProblem, portalProblem } from "./portal-problem";

const CSRF = "x-countersign-csrf";
/** An answer that takes longer is none. */
const ANSWER_MS = 15_000;
/** Held calls are answered after 25 s at the latest; the rest is for the way. */
const HELD_MS = 40_000;

export type Verb = "GET" | "POST" | "PUT" | "DELETE";

export class Calls {
  /** Goes with everything that changes something. */
  csrf = "";
  /** How far this computer's clock is ahead of the service's. */
  millisFast = 0;
  #base: string;
  #fetch: typeof fetch;

  constructor(base: string, fetcher: typeof fetch = fetch.bind(globalThis)) {
    this.#base = base;
    this.#fetch = fetcher;
  }

  call<T>(verb: Verb, path: string, body?: object): Promise<T> {
    return this.#ask(path, this.#request(verb, body), ANSWER_MS);
  }

  /** Waits at the service until there is something else than what `after` names. */
  held<T>(path: string, after: number, signal: AbortSignal): Promise<T> {
    return this.#ask(`${path}?after=${after}`, { method: "GET" }, HELD_MS, signal);
  }

  #request(method: Verb, body?: object): RequestInit {
    if (method === "GET") return { method };
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (this.csrf !== "") headers[CSRF] = this.csrf;
    // What was begun is finished though the page is left: a code that nobody looks at is taken back
    return { method, headers, keepalive: true, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  }

  async #ask<T>(path: string, init: RequestInit, within: number, outer?: AbortSignal): Promise<T> {
    const patience = new AbortController();
    const give = () => patience.abort();
    const timer = setTimeout(give, within);
    outer?.addEventListener("abort", give, { once: true });
    if (outer?.aborted === true) give();
    try {
      const answer = await this.#fetch(this.#base + path, {
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
    this.millisFast = Math.abs(fast) < 2_000 ? 0 : fast;
  }
}
