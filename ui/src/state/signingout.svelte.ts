/** The telling of the service that somebody signed out: at once, and where it does not answer, as soon as it does. */
import { asPortalProblem } from "../host/portal-problem";
import type { SelfService } from "./selfservice.svelte";

const RETRY_MS = 5_000;

export class SigningOut {
  /** Signed out here, but the service does not know it yet: until when it would keep the session by itself. */
  untoldUntil = $state<number | null>(null);
  #self: SelfService;

  constructor(self: SelfService) {
    this.#self = self;
  }

  /** Whether the session is over now: by this call, or before it. */
  async tell(): Promise<boolean> {
    try {
      await this.#self.portal.signOut();
      return true;
    } catch (thrown) {
      return asPortalProblem(thrown).code === "signed_out";
    }
  }

  /** Once more because the person wants to. */
  async now(): Promise<void> {
    if (await this.tell()) this.untoldUntil = null;
  }

  /** Again and again, until then. */
  async keepTelling(until: number): Promise<void> {
    this.untoldUntil = until;
    while (this.untoldUntil !== null && this.#self.now() < this.untoldUntil) {
      await this.#self.pause(RETRY_MS);
      if (this.untoldUntil !== null) await this.now();
    }
    this.untoldUntil = null;
  }
}
