/** The portal's host in a browser: the self-service API. */
import type { ProofView } from "./generated/self-service/ProofView";
import type { SessionView } from "./generated/self-service/SessionView";
import { Calls } from "./calls";
import type { Verb } from "./calls";
import type { Portal } from "./portal";
import { asPortalProblem } from "./portal-problem";

const BASE = "/self-service/v1";

export class BrowserPortal implements Portal {
  #calls: Calls;
  #changed: () => void;

  /** `changed` is told of everything that another tab of this session would show otherwise. */
  constructor(fetcher?: typeof fetch, changed: () => void = () => undefined) {
    this.#calls = new Calls(BASE, fetcher);
    this.#changed = changed;
  }

  millisFast = () => this.#calls.millisFast;

  site: Portal["site"] = () => this.#call("GET", "/site");
  signIn: Portal["signIn"] = (username, password, shared) => this.#session("POST", "/session", { username, password, shared });
  recognised: NonNullable<Portal["recognised"]> = () => this.#call("GET", "/recognised");
  continueAs: NonNullable<Portal["continueAs"]> = (account) => this.#session("POST", "/session/recognised", { account });
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
  textLink: Portal["textLink"] = (id, text) => this.#call("POST", `/activations/${encodeURIComponent(id)}/text`, { text });
  confirmScan: Portal["confirmScan"] = (id, check) => this.#call("POST", `/activations/${encodeURIComponent(id)}/confirm`, { check });
  cancelActivation: Portal["cancelActivation"] = (id) => this.#call("DELETE", `/activations/${encodeURIComponent(id)}`);

  makeCard: Portal["makeCard"] = () => this.#call("POST", "/card", {});
  stopCard: Portal["stopCard"] = () => this.#session("DELETE", "/card");

  deskFind: Portal["deskFind"] = (name) => this.#call("GET", `/desk/people?${new URLSearchParams({ name })}`);
  deskPerson: Portal["deskPerson"] = (person) => this.#call("GET", `/desk/people/${encodeURIComponent(person)}`);
  deskBypass: Portal["deskBypass"] = (person, reason) =>
    this.#call("POST", `/desk/people/${encodeURIComponent(person)}/bypass`, { reason });
  deskUnlock: Portal["deskUnlock"] = (person, reason) =>
    this.#call("POST", `/desk/people/${encodeURIComponent(person)}/unlock`, { reason });
  deskRelease: Portal["deskRelease"] = (person, reason) =>
    this.#call("POST", `/desk/people/${encodeURIComponent(person)}/release`, { reason });
  deskStopCard: Portal["deskStopCard"] = (person, reason) =>
    this.#call("POST", `/desk/people/${encodeURIComponent(person)}/card`, { reason });
  deskSuspend: Portal["deskSuspend"] = (person, device, reason) =>
    this.#call("POST", `/desk/people/${encodeURIComponent(person)}/devices/${encodeURIComponent(device)}/suspend`, { reason });

  async #session(verb: Verb, path: string, body?: object): Promise<SessionView> {
    const view = await this.#call<SessionView>(verb, path, body);
    this.#calls.csrf = view.csrf;
    return view;
  }

  #held<T>(path: string, after: number, signal: AbortSignal): Promise<T> {
    return this.#calls.held(path, after, signal);
  }

  async #call<T>(verb: Verb, path: string, body?: object): Promise<T> {
    const answer = await this.#persist<T>(verb, path, body);
    if (verb !== "GET") this.#changed();
    return answer;
  }

  /** A proof in another tab gave the session a new CSRF word; the call that did not know it is made once more. */
  async #persist<T>(verb: Verb, path: string, body?: object): Promise<T> {
    try {
      return await this.#calls.call(verb, path, body);
    } catch (thrown) {
      if (asPortalProblem(thrown).code !== "other_site" || verb === "GET" || path === "/session") throw thrown;
      const before = this.#calls.csrf;
      await this.session();
      if (this.#calls.csrf === before) throw thrown;
      return this.#calls.call(verb, path, body);
    }
  }
}
