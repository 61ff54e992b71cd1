/** Adding a device, page by page. */
import type { SessionView } from "../generated/self-service/SessionView";
import type { AddPlace } from "../../state/addingdevice.svelte";
import type { SelfService } from "../../state/selfservice.svelte";
import type { PortalProblemCode } from "../portal-problem";
import { landline, ownDevice } from "../portal-fake";
import type { FakePortal } from "../portal-fake";
import { at, begun } from "./made";
import type { PortalScenario } from "./made";

const PHONE = "07700 900386";
const phone = (step: AddPlace["step"], more: Partial<AddPlace> = {}): AddPlace => ({ to: "add", step, kind: "phone", ...more });
const line = (step: AddPlace["step"], more: Partial<AddPlace> = {}): AddPlace => ({ to: "add", step, kind: "landline", ...more });

/** The organisation has a number for the person. */
const LISTED: Partial<SessionView> = { listed_number: { shown: "+44 •••• ••0386", landline: false } };

const typed = async (self: SelfService, number = PHONE) => {
  await begun();
  self.adding.numbering?.typeNumber(number);
};
const sent = async (self: SelfService) => {
  await typed(self);
  if (self.place.to === "add") await self.adding.sendCode(self.place);
};
const refused =
  (code: PortalProblemCode, facts: { device?: string } = {}) =>
  (portal: FakePortal): void =>
    portal.refuse("addNumber", code, facts);
const made = async (_self: SelfService, portal: FakePortal) => {
  await begun();
  return portal;
};

export const adding: Record<string, () => PortalScenario> = {
  "add-type": at({ to: "add", step: "type" }),
  "add-type-no-calls": at({ to: "add", step: "type" }, undefined, {}, (portal) => {
    portal.siteView = { ...portal.siteView, calls: false, texts: false };
  }),
  "add-number": at(phone("number"), (self) => typed(self)),
  "add-number-listed": at(phone("number"), undefined, LISTED),
  "add-number-unlisted": at(phone("number"), (self) => self.adding.numbering?.takeListed(false), LISTED),
  "add-number-known": at(phone("number"), sent, {}, refused("number_known", { device: "d1" })),
  "add-number-taken": at(phone("number"), sent, {}, refused("number_taken")),
  "add-number-short": at(phone("number"), sent, {}, refused("bad_number")),
  "add-landline": at(line("number"), (self) => typed(self, "01632 960142")),
  "add-confirm": at(phone("number"), async (self) => {
    await sent(self);
    self.adding.numbering?.typeCode("39");
  }),
  "add-confirm-wrong": at(phone("number"), async (self) => {
    await sent(self);
    self.adding.numbering?.typeCode("390770");
    if (self.place.to === "add") await self.adding.confirm(self.place);
  }),
  "add-confirm-call": at(line("number"), sent),
  "add-here": at({ to: "add", step: "here", kind: "tablet" }),
  "add-platform": at(phone("platform", { number: "number-1" }), (self) => {
    self.adding.platform = "android";
  }),
  "add-platform-tablet": at({ to: "add", step: "platform", kind: "tablet" }),
  "add-install": at(phone("install", { number: "number-1", platform: "android" })),
  "add-code": at(phone("code", { number: "number-1", platform: "android" }), made),
  "add-code-texted": at(phone("code", { number: "number-1", platform: "android" }), async (self) => {
    await begun();
    await self.activating?.textLink();
  }),
  "add-code-too-many": at(phone("code", { number: "number-1", platform: "android" }), async (self, portal) => {
    await begun();
    portal.refuse("textLink", "too_many", { until: Date.now() + 40 * 60_000 });
    await self.activating?.textLink();
  }),
  "add-code-compare": at(phone("code", { number: "number-1", platform: "android" }), async (_self, portal) => {
    await begun();
    portal.scannedBy();
  }),
  "add-code-finishing": at(phone("code", { number: "number-1", platform: "android" }), async (self, portal) => {
    await begun();
    portal.scannedBy();
    await begun();
    await self.activating?.confirm();
  }),
  "add-code-foreign": at(phone("code", { number: "number-1", platform: "android" }), async (self, portal) => {
    await begun();
    portal.scannedBy("SM-A546B", "061477");
    await begun();
    self.activating?.refuse();
  }),
  "add-code-over": at(phone("code", { number: "number-1", platform: "android" }), async (_self, portal) => {
    await begun();
    portal.happens({ state: "expired" });
    await begun();
  }),
  "add-code-refused": at(phone("code", { number: "number-1", platform: "android" }), made, {}, (portal) =>
    portal.refuse("activate", "unavailable"),
  ),
  "add-done": at(phone("done", { device: "d9", platform: "android" }), undefined, {
    devices: [ownDevice(), ownDevice({ id: "d9", name: "New phone", number: "+44 ••••• ••0386", default: false, added_at: Date.now() })],
  }),
  "add-done-landline": at(line("done", { device: "d3" }), undefined, { devices: [ownDevice(), landline()] }),
};
