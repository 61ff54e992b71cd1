/** Who is signed in on this computer, as far as the computer tells the service: one press, and no password is typed. */
import type { WhyNotRecognised } from "../host/generated/self-service/WhyNotRecognised";
import { asPortalProblem } from "../host/portal-problem";
import type { SelfService } from "./selfservice.svelte";

/** A computer that cannot reach its directory takes long to say nothing; the form is there by then. */
const PATIENCE_MS = 3_000;

export interface Somebody {
  name: string;
  account: string;
}

export class Recognising {
  /** Who it is; `null` where name and password are asked for. */
  somebody = $state.raw<Somebody | null>(null);
  /** Why nobody is recognised, where that is worth a word; `untold`: the computer said nothing. */
  whyNot = $state.raw<Exclude<WhyNotRecognised, "not_offered"> | "untold" | null>(null);
  busy = $state(false);
  #self: SelfService;
  /** The person chose to type, or the answer came too late: what the computer says changes nothing on the page any more. */
  #typing = false;

  constructor(self: SelfService) {
    this.#self = self;
  }

  /** Asks the computer. Ends when there is an answer, or when the form should not wait for it any longer. */
  async look(): Promise<void> {
    const { portal, site } = this.#self;
    this.somebody = null;
    this.whyNot = null;
    if (portal.recognised === undefined || site?.recognises !== true || this.#typing) return;
    let late = false;
    const answer = portal
      .recognised()
      .then((view) => {
        if (late) return;
        if (view.state === "known") this.somebody = { name: view.name, account: view.account };
        else this.whyNot = view.why === "not_offered" ? null : view.why;
      })
      .catch((thrown: unknown) => {
        if (!late) this.whyNot = asPortalProblem(thrown).code === "not_recognised" ? "untold" : "unavailable";
      });
    const tooLate = this.#self.pause(PATIENCE_MS).then(() => {
      late = true;
    });
    await Promise.race([answer, tooLate]);
    if (late) this.whyNot = "untold";
  }

  /** “Continue as Amara.” Where the computer says otherwise by now, it is asked again. */
  async goOn(): Promise<void> {
    const { somebody } = this;
    const self = this.#self;
    if (somebody === null || this.busy || self.portal.continueAs === undefined) return;
    this.busy = true;
    self.refused = null;
    try {
      self.begun(await self.portal.continueAs(somebody.account));
    } catch (thrown) {
      const problem = asPortalProblem(thrown);
      if (problem.code !== "not_recognised") self.refused = problem;
      else await this.#lookAgain();
    } finally {
      this.busy = false;
    }
  }

  /** “I’m someone else.” */
  someoneElse(): void {
    this.#typing = true;
    this.somebody = null;
  }

  /** The next person at this page is asked for anew. */
  forget(): void {
    this.#typing = false;
    this.somebody = null;
    this.whyNot = null;
  }

  async #lookAgain(): Promise<void> {
    const before = this.somebody?.account;
    await this.look();
    // The same once more would lead round in a circle
    if (this.somebody?.account === before) {
      this.somebody = null;
      this.whyNot = "unproven";
    }
  }
}
