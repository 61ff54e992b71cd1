/** The spine: signing in, proving it, the devices and what is done with them, and the ways out. */
import type { ProofState } from "../generated/self-service/ProofState";
import type { RecognisedView } from "../generated/self-service/RecognisedView";
import type { SessionView } from "../generated/self-service/SessionView";
import type { SelfService } from "../../state/selfservice.svelte";
import type { Place } from "../../state/place";
import { portalProblem } from "../portal-problem";
import { WAYS, landline, ownDevice, sessionView, siteView, tablet, way } from "../portal-fake";
import type { FakePortal } from "../portal-fake";
import { at, begun } from "./made";
import type { PortalScenario } from "./made";

const ROOT: Place = { to: "devices" };
const unproven: Partial<SessionView> = { stage: "prove", proven_until: null };
const STALE = [ownDevice({ standing: "needs_reactivating", push: false, passcode: false }), tablet(), landline()];
const stale: Partial<SessionView> = {
  ...unproven,
  devices: STALE,
  ways: [
    way({ kind: "call", ending: "0471", best: true }),
    way({ kind: "passcode", device: null, name: "" }),
    way({ why_not: "out_of_step" }),
  ],
};
const nobody = (portal: FakePortal): void => {
  portal.signedIn = sessionView({ ...unproven });
  portal.view = null;
};

/** A proof by `kind` that came to `state`. */
const proof = (kind: "push" | "call", state: ProofState | null): (() => PortalScenario) =>
  at(
    ROOT,
    async (self, portal) => {
      void self.proving?.ask(kind, "d1");
      await begun();
      if (state !== null) portal.happens({ state, ...(state === "answered" || state === "ringing" ? {} : { number: null }) });
      await begun();
    },
    unproven,
  );
const signedIn = (then: (self: SelfService) => unknown, prepare: (portal: FakePortal) => void = () => undefined) =>
  at(ROOT, then, {}, (portal) => {
    nobody(portal);
    prepare(portal);
  });
const passcode = (code: string, problem: "wrong_passcode" | "passcode_used" | null = null) =>
  at(
    ROOT,
    async (self) => {
      await self.proving?.choose(WAYS[1] ?? way());
      self.proving?.type(code);
      await begun();
    },
    unproven,
    (portal) => {
      if (problem !== null) portal.refuse("prove", problem);
    },
  );

/** A computer that is asked, and what it tells. */
const told = (computer: RecognisedView | null) =>
  signedIn(
    () => undefined,
    (portal) => {
      portal.siteView = siteView({ recognises: true });
      if (computer === null) portal.refuse("recognised", "not_recognised");
      else portal.computer = computer;
    },
  );

/** Presses a button that has no state behind it but its own screen. */
const pressed = (button: string) => async () => {
  await begun();
  document.querySelector<HTMLButtonElement>(button)?.click();
  await begun();
};

export const spine: Record<string, () => PortalScenario> = {
  "sign-in": signedIn(() => undefined),
  "sign-in-shared": signedIn(
    () => undefined,
    (portal) => (portal.siteView = siteView({ shared: true })),
  ),
  recognised: told({ state: "known", name: "Amara Lindqvist", account: "a.lindqvist" }),
  "recognised-shared": told({ state: "not", why: "shared" }),
  "recognised-unknown": told({ state: "not", why: "unknown" }),
  "recognised-unproven": told({ state: "not", why: "unproven" }),
  "recognised-unavailable": told({ state: "not", why: "unavailable" }),
  "recognised-untold": told(null),
  "sign-in-wrong": signedIn((self) => self.signIn("a.lindqvist", "wrong")),
  "sign-in-locked": signedIn(
    (self) => self.signIn("a.lindqvist", "right"),
    (portal) => portal.refuse("signIn", "locked", { until: new Date().setHours(14, 47, 0, 0) }),
  ),
  "sign-in-unreachable": signedIn(
    (self) => self.signIn("a.lindqvist", "right"),
    (portal) => portal.refuse("signIn", "unreachable"),
  ),
  "signed-out": at(ROOT, (self) => self.signOut()),
  "signed-out-untold": at(ROOT, async (self, portal) => {
    portal.down = true;
    await self.signOut();
  }),
  "signed-out-elsewhere": at(ROOT, async (self, portal) => {
    portal.view = null;
    await self.seen();
  }),
  "sign-in-then": signedIn((self) => self.afterwards({ to: "guide", guide: "same" })),
  "self-help": at({ to: "help" }, undefined, unproven),
  "devices-loading": at(ROOT, undefined, {}, (portal) => (portal.silent = true)),
  down: at(ROOT, undefined, {}, (portal) => (portal.down = true)),
  prove: at(ROOT, undefined, unproven),
  "prove-out-of-step": at(ROOT, undefined, stale),
  push: proof("push", null),
  "push-confirmed": at(
    ROOT,
    async (self, portal) => {
      void self.proving?.ask("push", "d1");
      await begun();
      portal.happens({ state: "confirmed", number: null });
      await begun();
    },
    unproven,
  ),
  "push-denied": proof("push", "denied"),
  "push-expired": proof("push", "expired"),
  "push-unreached": proof("push", "unreached"),
  passcode: passcode("482"),
  "passcode-wrong": passcode("482911"),
  "passcode-used": passcode("482911", "passcode_used"),
  "ask-desk": at(ROOT, (self) => self.proving?.toDesk(), unproven),
  "ask-desk-first": at(ROOT, undefined, { ...unproven, devices: [], ways: WAYS.filter(({ kind }) => kind === "passcode") }),
  bypass: at(
    ROOT,
    (self) => {
      self.proving?.toDesk();
      self.proving?.toBypass();
      self.proving?.type("51930472");
    },
    unproven,
  ),
  "call-ringing": proof("call", "ringing"),
  "call-answered": proof("call", "answered"),
  "call-no-answer": proof("call", "no_answer"),
  "call-busy": proof("call", "busy"),
  "call-wrong": proof("call", "wrong_number"),
  "call-reported": proof("call", "reported"),
  devices: at(ROOT, undefined, { devices: STALE }),
  "devices-by-desk": at(ROOT, undefined, {
    by_desk: [
      { at: new Date().setHours(7, 41, 0, 0), act: "suspend" },
      { at: new Date().setHours(7, 40, 0, 0), act: "bypass" },
      { at: Date.now() - 3 * 24 * 3_600_000, act: "release" },
      { at: Date.now() - 9 * 24 * 3_600_000, act: "unlock" },
    ],
  }),
  "devices-empty": at(ROOT, undefined, { stage: "first_device", devices: [], proven_until: null, ways: [] }),
  needs: at({ to: "needs" }, undefined, unproven),
  "device-options": at({ to: "options", device: "d1" }, undefined, { devices: STALE, this_device: "d1" }),
  "device-options-other": at({ to: "options", device: "d2" }),
  "device-landline": at({ to: "options", device: "d3" }),
  "remove-device": at(ROOT, (self) => self.managing.askRemoval("d1")),
  "remove-last": at(ROOT, (self) => self.managing.askRemoval("d1"), { devices: [ownDevice()] }),
  "rename-device": at({ to: "options", device: "d1" }, pressed(".opt:nth-last-child(2) button")),
  "reactivate-here": at({ to: "reactivate", device: "d1", step: "here" }, undefined, { devices: STALE, this_device: "d1" }),
  "reactivate-here-failed": at(
    { to: "reactivate", device: "d1", step: "here" },
    pressed(".row-btns .btn--primary, .actions .btn--primary"),
    { devices: STALE, this_device: "d1" },
    (portal) => (portal.reactivateHere = () => Promise.reject(portalProblem("unreachable"))),
  ),
  "reactivate-here-working": at(
    { to: "reactivate", device: "d1", step: "here" },
    pressed(".row-btns .btn--primary, .actions .btn--primary"),
    { devices: STALE, this_device: "d1" },
    (portal) => (portal.reactivateHere = () => new Promise(() => undefined)),
  ),
  reactivate: at({ to: "reactivate", device: "d1", step: "platform" }, undefined, { devices: STALE }),
  "reactivate-code": at({ to: "reactivate", device: "d1", step: "code", platform: "android" }, begun, { devices: STALE }),
  "reactivate-done": at({ to: "reactivate", device: "d1", step: "done", platform: "android" }),
  "still-there": at(ROOT, undefined, { shared: true, idle_at: Date.now() + 29_500 }),
};
