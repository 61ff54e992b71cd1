/** What the sign-in prompt of an application asks of the service. Every rejection is a `PortalProblem`. */
import type { PromptView } from "./generated/self-service/PromptView";
import type { SiteView } from "./generated/self-service/SiteView";
import type { Portal } from "./portal";

export interface PromptHost extends Pick<Portal, "prove" | "proof" | "cancelProof"> {
  /** How far this computer’s clock is ahead of the service’s. */
  millisFast(): number;
  site(): Promise<SiteView>;
  view(): Promise<PromptView>;
  giveUp(): Promise<void>;
  /** Leaves the page for the application. */
  leave(): void;
}
