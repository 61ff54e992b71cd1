/** The three situations, at each of their steps. */
import type { GuideName } from "../../state/place";
import type { SelfService } from "../../state/selfservice.svelte";
import type { OwnDevice } from "../generated/self-service/OwnDevice";
import { landline, ownDevice, tablet, way } from "../portal-fake";
import type { FakePortal } from "../portal-fake";
import { at, begun } from "./made";
import type { PortalScenario } from "./made";

const stale = (changes: Partial<OwnDevice> = {}) => ownDevice({ standing: "needs_reactivating", push: false, passcode: false, ...changes });
const PROVE = { stage: "prove" as const, proven_until: null };
const CALL_ONLY = [
  way({ kind: "call", ending: "0471", best: true }),
  way({ why_not: "out_of_step" }),
  way({ kind: "passcode", device: null, name: "", why_not: "out_of_step" }),
];
const added = ownDevice({ id: "d9", name: "New phone", number: "+44 ••••• ••0386", default: false });
const old = ownDevice({ name: "Old phone" });

const test = (state: "waiting" | "approved" | "denied" | "expired") => async (self: SelfService, portal: FakePortal) => {
  const sent = self.guiding.test();
  await begun();
  if (state === "waiting") return;
  portal.happens({ state });
  await sent;
};
const guide = (name: GuideName, device?: string) => ({ to: "guide" as const, guide: name, ...(device !== undefined && { device }) });

export const guides: Record<string, () => PortalScenario> = {
  "guide-restored": at(guide("restored"), undefined, { ...PROVE, devices: [stale(), landline()], ways: CALL_ONLY }),
  "guide-restored-choose": at(guide("restored"), undefined, PROVE),
  "guide-restored-which": at(guide("restored"), undefined, { devices: [ownDevice(), tablet(), landline()] }),
  "guide-restored-no-phone": at(guide("restored"), undefined, { devices: [landline({ default: true })] }),
  "guide-restored-test": at(guide("restored", "d1")),
  "guide-restored-done": at(guide("restored", "d1"), test("approved")),
  "guide-same": at(guide("same"), undefined, { devices: [stale()] }),
  "guide-new": at(guide("new"), undefined, { ...PROVE, devices: [old] }),
  "guide-new-add": at(guide("new"), undefined, { devices: [old] }),
  "guide-new-test": at(guide("new", "d9"), undefined, { devices: [old, added] }),
  "guide-new-waiting": at(guide("new", "d9"), test("waiting"), { devices: [old, added] }),
  "guide-new-unanswered": at(guide("new", "d9"), test("expired"), { devices: [old, added] }),
  "guide-new-remove": at(guide("new", "d9"), test("approved"), { devices: [old, added] }),
  "guide-new-sure": at(
    guide("new", "d9"),
    async (self, portal) => {
      await test("approved")(self, portal);
      self.guiding.askRemoval();
    },
    { devices: [old, added] },
  ),
  "guide-new-too-young": at(
    guide("new", "d9"),
    async (self, portal) => {
      await test("approved")(self, portal);
      self.guiding.askRemoval();
      await self.guiding.remove();
    },
    { devices: [old, added] },
    (portal) => portal.refuse("remove", "proof_too_young"),
  ),
};
