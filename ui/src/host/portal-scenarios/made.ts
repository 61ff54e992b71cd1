/** What the self-service states to look at are made of. */
import type { Place } from "../../state/place";
import type { SelfService } from "../../state/selfservice.svelte";
import type { SessionView } from "../generated/self-service/SessionView";
import { FakePortal, sessionView } from "../portal-fake";

/** A state: a portal, where the person begins, and what they do from there. */
export interface PortalScenario {
  portal: FakePortal;
  start: Place;
  then?: (self: SelfService, portal: FakePortal) => unknown;
}

export function at(
  start: Place,
  then: PortalScenario["then"] = () => undefined,
  view: Partial<SessionView> = {},
  prepare: (portal: FakePortal) => void = () => undefined,
): () => PortalScenario {
  return () => {
    const portal = new FakePortal(sessionView(view));
    prepare(portal);
    return { portal, start, then };
  };
}

/** Lets what was begun come to the point where it waits for the service. */
export const begun = (): Promise<void> => new Promise((done) => setTimeout(done, 20));
