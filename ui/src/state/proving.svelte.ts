/** Proving who somebody is: the ways to choose from, and one that is under way. */
import type { ProofState } from "../host/generated/self-service/ProofState";
import type { ProofView } from "../host/generated/self-service/ProofView";
import type { ProofWanted } from "../host/generated/self-service/ProofWanted";
import type { Way } from "../host/generated/self-service/Way";
import { asPortalProblem } from "../host/portal-problem";
import type { PortalProblem } from "../host/portal-problem";
import type { ProofHost } from "./proofhost";
import { watch } from "./watch";

export type ProvingStep =
  | { at: "ways" }
  | { at: "push"; device: string }
  | { at: "call"; device: string }
  | { at: "passcode" }
  /** The Service Desk helps: how, and then the passcode it gave. */
  | { at: "desk" }
  | { at: "bypass" }
  /** A code of the recovery card. */
  | { at: "card" };

/** How long the written stroke stays before the next page. */
const SEEN_MS = 600;
const PASSCODE_DIGITS = 6;

const RUNNING: ReadonlySet<ProofState> = new Set<ProofState>(["waiting", "calling", "ringing", "answered"]);
export const isRunning = (state: ProofState): boolean => RUNNING.has(state);

export class Proving {
  /** The session's first proof: nothing lies below it. */
  readonly first: boolean;
  step = $state.raw<ProvingStep>({ at: "ways" });
  proof = $state.raw<ProofView | null>(null);
  problem = $state.raw<PortalProblem | null>(null);
  busy = $state(false);
  typed = $state("");
  /** Something was tried. */
  begun = $state(false);
  /** Places on the way back that belong to this proof. */
  places = 0;
  #self: ProofHost;
  #done: (confirmed: boolean) => void;
  #watching: AbortController | null = null;

  constructor(self: ProofHost, first: boolean, done: (confirmed: boolean) => void) {
    this.#self = self;
    this.first = first;
    this.#done = done;
    // Whoever has no device at all has nothing to choose from.
    if (first && self.devices.length === 0) this.step = { at: "desk" };
  }

  /** The proof's state, with the time that ran out here before the service could say so. */
  state = $derived.by((): ProofState | null => {
    if (this.proof === null) return null;
    const { state, expires_at } = this.proof;
    return state === "waiting" && this.#self.secondsUntil(expires_at) === 0 ? "expired" : state;
  });

  /** Something was asked that may still be confirmed, or just was. */
  get underWay(): boolean {
    return this.proof !== null && (isRunning(this.proof.state) || this.proof.state === "confirmed");
  }

  async choose(way: Way): Promise<void> {
    if (way.why_not !== null || this.busy) return;
    if (way.kind === "passcode") this.#forward({ at: "passcode" });
    else if (way.device !== null) await this.ask(way.kind, way.device);
  }

  /** Sends a push or calls; again, where one was before. */
  async ask(kind: "push" | "call", device: string): Promise<void> {
    if (this.busy) return;
    this.#stop();
    const wanted: ProofWanted = { way: kind, device };
    if (this.step.at === "ways") this.#forward({ at: kind, device });
    else this.step = { at: kind, device };
    const proof = await this.#try(wanted);
    if (proof === null) return;
    this.proof = proof;
    await this.#watch(proof);
  }

  /** Goes on with one that was under way when the page was loaded again. */
  async resume(proof: ProofView, device: string): Promise<void> {
    if (proof.way !== "passcode") this.step = { at: proof.way, device };
    this.proof = proof;
    await this.#watch(proof);
  }

  toPasscode(): void {
    this.#leave({ at: "passcode" });
  }

  toDesk(): void {
    if (this.step.at === "ways") this.#forward({ at: "desk" });
    else this.#leave({ at: "desk" });
  }

  toBypass(): void {
    this.#leave({ at: "bypass" });
  }

  toCard(): void {
    this.#leave({ at: "card" });
  }

  type(text: string): void {
    if (this.busy) return;
    // A passcode has six digits; one from the Service Desk or the recovery card has more.
    this.typed = text.replace(/\D/g, "").slice(0, this.step.at === "passcode" ? PASSCODE_DIGITS : 12);
    this.problem = null;
    if (this.step.at === "passcode" && this.typed.length === PASSCODE_DIGITS) void this.submit();
  }

  async submit(): Promise<void> {
    if (this.busy || this.typed === "") return;
    const proof = await this.#try({ way: "passcode", passcode: this.typed });
    if (proof === null) return;
    this.typed = "";
    this.proof = proof;
    await this.#confirmed();
  }

  /** Back to the choice. */
  toWays(): void {
    this.#leave({ at: "ways" });
  }

  /** Ends the proof that is under way, and this one, without having proved anything. */
  cancel(): void {
    this.#leave({ at: "ways" });
    this.#done(false);
  }

  /** The session is over, or the page is left. */
  stop(): void {
    this.#watching?.abort();
  }

  async #try(wanted: ProofWanted): Promise<ProofView | null> {
    this.busy = true;
    this.begun = true;
    this.problem = null;
    this.proof = null;
    try {
      return await this.#self.call(() => this.#self.portal.prove(wanted));
    } catch (thrown) {
      this.problem = asPortalProblem(thrown);
      return null;
    } finally {
      this.busy = false;
    }
  }

  async #watch(first: ProofView): Promise<void> {
    const watching = (this.#watching = new AbortController());
    try {
      await watch(first, {
        ask: (after, signal) => this.#self.portal.proof(first.id, after, signal),
        over: ({ state }) => !isRunning(state),
        news: (view) => (this.proof = view),
        signal: watching.signal,
        pause: this.#self.pause,
      });
    } catch (thrown) {
      this.#self.failed(asPortalProblem(thrown));
      if (!watching.signal.aborted) this.problem = asPortalProblem(thrown);
      return;
    }
    if (watching.signal.aborted) return;
    if (this.proof?.state === "confirmed") await this.#confirmed();
    // Another way may be the one that works now; and a tab that took this one's place may have proven what was asked here.
    else await this.#self.seen();
  }

  async #confirmed(): Promise<void> {
    await this.#self.pause(SEEN_MS);
    try {
      await this.#self.refresh();
      this.#done(true);
    } catch (thrown) {
      this.problem = asPortalProblem(thrown);
    }
  }

  #forward(step: ProvingStep): void {
    this.step = step;
    this.typed = "";
    this.problem = null;
    this.#self.pushProof(this);
  }

  #leave(step: ProvingStep): void {
    this.#stop();
    this.step = step;
    this.typed = "";
    this.problem = null;
  }

  /** Nobody waits for the proof any more, so it must not be answered. */
  #stop(): void {
    this.#watching?.abort();
    this.#watching = null;
    const { proof } = this;
    this.proof = null;
    if (proof !== null && isRunning(proof.state)) void this.#self.portal.cancelProof(proof.id).catch(() => undefined);
  }
}
