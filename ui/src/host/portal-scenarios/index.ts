/** States of self-service to look at in `portal-preview.html`; never part of a host. */
import { adding } from "./adding";
import { card } from "./card";
import { desk } from "./desk";
import { guides } from "./guides";
import { lose } from "./lose";
import type { PortalScenario } from "./made";
import { prompt } from "./prompt";
import type { PromptScenario } from "./prompt";
import { spine } from "./spine";

export const PORTAL_SCENARIOS: Record<string, () => PortalScenario> = { ...spine, ...adding, ...guides, ...lose, ...card, ...desk };
/** The same of the sign-in prompt, which has a state of its own. */
export const PROMPT_SCENARIOS: Record<string, () => PromptScenario> = prompt;
