/** States of self-service to look at in `portal-preview.html`; never part of a host. */
import { adding } from "./adding";
import { desk } from "./desk";
import { guides } from "./guides";
import type { PortalScenario } from "./made";
import { spine } from "./spine";

export const PORTAL_SCENARIOS: Record<string, () => PortalScenario> = { ...spine, ...adding, ...guides, ...desk };
