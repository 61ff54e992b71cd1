/** The portal's host inside the app: the engine asks the service, and keeps the session's secret to itself. */
import { invoke } from "@tauri-apps/api/core";
import type { Problem } from "./generated/Problem";
import type { Door } from "./host";
import type { Portal } from "./portal";
import { asPortalProblem, portalProblem } from "./portal-problem";
import type { PortalProblem } from "./portal-problem";

/** What the engine gives: the service's view, and how far this device's clock is ahead of it. */
interface Answer {
  view: unknown;
  millis_fast: number;
}

/** Problems of the way to the service, not of what was asked. */
const ON_THE_WAY: ReadonlySet<Problem["code"]> = new Set<Problem["code"]>([
  "service_down",
  "host_unknown",
  "certificate_refused",
  "not_a_service",
]);

export class TauriPortal implements Portal {
  #at: Door;
  #millisFast = 0;

  constructor(door: Door) {
    this.#at = door;
  }

  millisFast = () => this.#millisFast;

  site: Portal["site"] = () => this.#ask("site");
  signIn: Portal["signIn"] = (username, password) => this.#ask("sign_in", { username, password });
  session: Portal["session"] = () => this.#ask("session");
  stay: Portal["stay"] = () => this.#ask("stay");
  signOut: Portal["signOut"] = () => this.#ask("sign_out");

  prove: Portal["prove"] = (wanted) => this.#ask("prove", { wanted });
  proof: Portal["proof"] = (id, after, signal) => this.#held("proof", id, after, signal);
  cancelProof: Portal["cancelProof"] = (id) => this.#ask("cancel_proof", { id });

  rename: Portal["rename"] = (device, name) => this.#ask("rename", { device, name });
  putFirst: Portal["putFirst"] = (device, first) => this.#ask("put_first", { device, first });
  remove: Portal["remove"] = (device) => this.#ask("remove", { device });
  sendTest: Portal["sendTest"] = (device) => this.#ask("send_test", { device });
  test: Portal["test"] = (id, after, signal) => this.#held("test", id, after, signal);

  addNumber: Portal["addNumber"] = (wanted) => this.#ask("add_number", { wanted });
  sendCode: Portal["sendCode"] = (number, by) => this.#ask("send_code", { number, by });
  confirmNumber: Portal["confirmNumber"] = (number, code) => this.#ask("confirm_number", { number, code });
  addLandline: Portal["addLandline"] = (number) => this.#ask("add_landline", { number });

  activate: Portal["activate"] = (wanted) => this.#ask("activate", { wanted });
  activation: Portal["activation"] = (id, after, signal) => this.#held("activation", id, after, signal);
  textLink: Portal["textLink"] = (id) => this.#ask("text_link", { id });
  confirmScan: Portal["confirmScan"] = (id, check) => this.#ask("confirm_scan", { id, check });
  cancelActivation: Portal["cancelActivation"] = (id) => this.#ask("cancel_activation", { id });
  reactivateHere: NonNullable<Portal["reactivateHere"]> = (device) => this.#ask("reactivate_here", { device });
  addHere: NonNullable<Portal["addHere"]> = (kind, number) => this.#ask("add_here", { kind, number });

  makeCard: Portal["makeCard"] = () => this.#ask("make_card");
  stopCard: Portal["stopCard"] = () => this.#ask("stop_card");

  deskFind: Portal["deskFind"] = (name) => this.#ask("desk_find", { name });
  deskPerson: Portal["deskPerson"] = (person) => this.#ask("desk_person", { person });
  deskBypass: Portal["deskBypass"] = (person, reason) => this.#ask("desk_bypass", { person, reason });
  deskUnlock: Portal["deskUnlock"] = (person, reason) => this.#ask("desk_unlock", { person, reason });
  deskRelease: Portal["deskRelease"] = (person, reason) => this.#ask("desk_release", { person, reason });
  deskStopCard: Portal["deskStopCard"] = (person, reason) => this.#ask("desk_stop_card", { person, reason });
  deskSuspend: Portal["deskSuspend"] = (person, device, reason) => this.#ask("desk_suspend", { person, device, reason });

  async #ask<T>(want: string, facts: object = {}): Promise<T> {
    try {
      const answer = await invoke<Answer>("self_service", { request: { at: this.#at, call: { want, ...facts } } });
      this.#millisFast = answer.millis_fast;
      return answer.view as T;
    } catch (thrown) {
      throw problemOf(thrown);
    }
  }

  /** The engine's own call ends by itself; who left waits for it no longer. */
  #held<T>(want: string, id: string, after: number, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const left = () => reject(portalProblem("unreachable"));
      if (signal.aborted) return left();
      signal.addEventListener("abort", left, { once: true });
      this.#ask<T>(want, { id, after })
        .then(resolve, reject)
        .finally(() => signal.removeEventListener("abort", left));
    });
  }
}

/** The service's refusals as they are. What the app itself could not do is said as far as a page of the portal can. */
export function problemOf(thrown: unknown): PortalProblem {
  if (typeof thrown !== "object" || thrown === null || !("from" in thrown) || !("problem" in thrown)) return portalProblem("unforeseen");
  if (thrown.from === "service") return asPortalProblem(thrown.problem);
  const { code } = thrown.problem as Problem;
  // The engine's "locked" is the app's own lock, which ends the session with it.
  if (code === "locked") return portalProblem("signed_out");
  return portalProblem(ON_THE_WAY.has(code) ? "unreachable" : "unforeseen");
}
