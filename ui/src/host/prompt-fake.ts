/** A prompt made of plain objects, for tests of the state and for looking at its screens. */
import type { ProofView } from "./generated/self-service/ProofView";
import type { PromptView } from "./generated/self-service/PromptView";
import { FakePortal, sessionView, siteView, way } from "./portal-fake";
import { portalProblem } from "./portal-problem";
import type { PromptHost } from "./prompt";

export const promptView = (changes: Partial<PromptView> = {}): PromptView => ({
  application: "Patient Records",
  account: "a.lindqvist",
  stage: "open",
  why: null,
  ways: [
    way(),
    way({ device: "d2", name: "Amara’s tablet" }),
    way({ kind: "passcode", device: null, name: "" }),
    way({ kind: "call", ending: "0471" }),
    way({ kind: "call", device: "d3", name: "Office phone", ending: "0142" }),
  ],
  first: { kind: "push", device: "d1" },
  proof: null,
  csrf: "a-word",
  expires_at: Date.now() + 600_000,
  ...changes,
});

export class FakePrompt implements PromptHost {
  /** There is no such prompt where this is `null`. */
  shown: PromptView | null;
  siteView = siteView();
  /** Proves as a session does. */
  readonly portal = new FakePortal(sessionView({ stage: "prove", proven_until: null }));
  left = 0;

  constructor(shown: PromptView | null = promptView()) {
    this.shown = shown;
  }

  millisFast = () => 0;

  /** No call is answered at all. */
  set down(down: boolean) {
    this.portal.down = down;
  }

  /** Something happened to the proof; a confirmation opens the prompt. */
  happens(changes: Partial<ProofView>): void {
    if (changes.state === "confirmed") this.#change({ stage: "confirmed" });
    this.portal.happens(changes);
  }

  site: PromptHost["site"] = async () => {
    await this.portal.site();
    return this.siteView;
  };
  view: PromptHost["view"] = async () => {
    await this.portal.site();
    if (this.shown === null) throw portalProblem("not_found");
    return this.shown;
  };
  prove: PromptHost["prove"] = async (wanted) => {
    const proof = await this.portal.prove(wanted);
    this.#change({ first: null, ...(proof.state === "confirmed" ? { stage: "confirmed" } : {}) });
    return { ...proof, number: wanted.way === "push" ? "472" : wanted.way === "call" ? "472913" : null };
  };
  proof: PromptHost["proof"] = (id, after, signal) => this.portal.proof(id, after, signal);
  cancelProof: PromptHost["cancelProof"] = (id) => this.portal.cancelProof(id);
  giveUp: PromptHost["giveUp"] = async () => {
    await this.portal.site();
    this.#change({ stage: "over" });
  };
  leave: PromptHost["leave"] = () => void (this.left += 1);

  #change(changes: Partial<PromptView>): void {
    if (this.shown !== null) this.shown = { ...this.shown, ...changes };
  }
}
