import { describe, expect, test } from "vitest";
import { FakePortal, landline, ownDevice, sessionView, tablet, way } from "../host/portal-fake";
import type { SessionView } from "../host/generated/self-service/SessionView";
import { Ticker } from "./clock.svelte";
import { inMemory } from "./kept";
import type { Kept } from "./kept";
import { MemoryTrail } from "./place";
import type { GuideName } from "./place";
import { SelfService } from "./selfservice.svelte";
import { TestClock, settled } from "./testing";

const LATER = Date.UTC(2027, 0);
const OPEN: Partial<SessionView> = { idle_at: LATER, ends_at: LATER };
const STALE = ownDevice({ standing: "needs_reactivating", push: false, passcode: false });

async function at(guide: GuideName, view: Partial<SessionView>, { kept = inMemory(), portal }: { kept?: Kept; portal?: FakePortal } = {}) {
  const fake = portal ?? new FakePortal(sessionView({ ...OPEN, ...view }));
  const trail = new MemoryTrail({ to: "guide", guide });
  const self = new SelfService({
    portal: fake,
    ticker: new Ticker(new TestClock()),
    host: "browser",
    trail,
    kept,
    pause: async () => undefined,
  });
  await self.start();
  await settled();
  const now = () => self.guiding.steps(guide).find(({ state }) => state === "now")?.name ?? null;
  return { self, portal: fake, guiding: self.guiding, kept, now };
}

async function prove(all: Awaited<ReturnType<typeof at>>) {
  all.guiding.prove();
  all.self.proving?.toPasscode();
  all.self.proving?.type(all.portal.passcode);
  await settled();
}

/** What happens on the pages of “Add a device” in between. */
async function added(all: Awaited<ReturnType<typeof at>>) {
  const { self, portal } = all;
  self.go({ to: "add", step: "code", kind: "phone", platform: "android", guide: "new" });
  await settled();
  portal.scanned();
  await settled();
  if (self.place.to === "add") await self.adding.finish(self.place, "d1");
  await settled();
}

describe("restored", () => {
  test("asks for the proof by its button, and not before", async () => {
    const all = await at("restored", { stage: "prove", proven_until: null, devices: [STALE, landline()] });
    expect(all.self.proving).toBeNull();
    expect(all.now()).toBe("prove");
    await prove(all);
    expect(all.self.place).toEqual({ to: "guide", guide: "restored" });
    expect(all.now()).toBe("again");
  });

  test("calls at once where nothing but a call works", async () => {
    const ways = [way({ kind: "call", ending: "0471", best: true }), way({ why_not: "out_of_step" })];
    const all = await at("restored", { stage: "prove", proven_until: null, devices: [STALE], ways });
    expect(all.guiding.call?.ending).toBe("0471");
    all.guiding.callMe();
    await settled();
    expect(all.self.proving?.proof?.way).toBe("call");
    all.self.back();
    all.self.back();
    expect(all.self.place).toEqual({ to: "guide", guide: "restored" });
    expect(all.self.proving).toBeNull();
  });

  test("offers the choice where a push works too", async () => {
    const all = await at("restored", { stage: "prove", proven_until: null });
    expect(all.guiding.call).toBeNull();
  });

  test("takes the phone that stopped working, and asks which where none or several did", async () => {
    const one = await at("restored", { devices: [tablet(), STALE, landline()] });
    expect(one.guiding.candidates.map(({ id }) => id)).toEqual(["d1"]);
    const several = await at("restored", {});
    expect(several.guiding.candidates.map(({ id }) => id)).toEqual(["d1", "d2"]);
    several.guiding.pick("d2");
    several.guiding.again("restored");
    expect(several.self.place).toEqual({ to: "reactivate", device: "d2", step: "platform", guide: "restored" });
  });

  test("comes back from the scan to the test, and is done when that was approved", async () => {
    const all = await at("restored", { devices: [STALE, landline()] });
    all.self.go({ to: "reactivate", device: "d1", step: "code", platform: "android", guide: "restored" });
    await settled();
    all.portal.scanned({ push: true });
    await settled();
    expect(all.self.place).toEqual({ to: "guide", guide: "restored", device: "d1" });
    expect(all.now()).toBe("test");
    const tested = all.guiding.test();
    await settled();
    all.portal.happens({ state: "approved" });
    await tested;
    expect(all.now()).toBeNull();
    all.guiding.finish();
    expect(all.self.place).toEqual({ to: "devices" });
  });
});

describe("a new number", () => {
  test("opens the removal only when the test has worked", async () => {
    const all = await at("new", { devices: [ownDevice()] });
    expect(all.now()).toBe("add");
    await added(all);
    expect(all.self.place).toEqual({ to: "guide", guide: "new", device: "d9" });
    expect(all.now()).toBe("test");

    const denied = all.guiding.test();
    await settled();
    all.portal.happens({ state: "denied" });
    await denied;
    expect(all.now()).toBe("test");

    const approved = all.guiding.test();
    await settled();
    all.portal.happens({ state: "approved" });
    await approved;
    expect(all.now()).toBe("remove");
  });

  test("asks before the old phone goes, and keeps it where the answer is no", async () => {
    const all = await at("new", { devices: [ownDevice()] });
    await added(all);
    all.guiding.askRemoval();
    expect(all.guiding.removing).toBe("d1");
    all.guiding.keep();
    await all.guiding.remove();
    expect(all.portal.calls).not.toContain("remove");
    all.guiding.askRemoval();
    await all.guiding.remove();
    expect(all.self.devices.map(({ id }) => id)).toEqual(["d9"]);
    expect(all.self.place).toEqual({ to: "devices" });
  });

  test("a removal that is refused stays a question, with the reason", async () => {
    const all = await at("new", { devices: [ownDevice()] });
    await added(all);
    all.portal.refuse("remove", "proof_too_young");
    all.guiding.askRemoval();
    await all.guiding.remove();
    expect(all.guiding.removing).toBe("d1");
    expect(all.self.managing.problem?.code).toBe("proof_too_young");
    expect(all.self.place.to).toBe("guide");
  });
});

describe("left and come back", () => {
  test("goes on where it was after the page was loaded again", async () => {
    const before = await at("new", { devices: [ownDevice()] });
    await added(before);
    const after = await at("new", {}, { kept: before.kept, portal: before.portal });
    expect(after.guiding.device?.id).toBe("d9");
    expect(after.now()).toBe("test");
  });

  test("keeps ids and times alone", async () => {
    const kept = new Map<string, string>();
    const store: Kept = { ...inMemory(), setItem: (key, value) => void kept.set(key, value) };
    const all = await at("new", { devices: [ownDevice()] }, { kept: store });
    await added(all);
    expect([...kept.values()].map((text) => JSON.parse(text) as unknown)).toEqual([
      { account: "a.lindqvist", guide: "new", device: "d9", testedAt: null },
    ]);
  });

  test("another person, another guide, a device that is gone and nonsense begin anew", async () => {
    const kept = inMemory();
    const keep = (progress: unknown) => kept.setItem("countersign.guide", JSON.stringify(progress));
    for (const progress of [
      { account: "somebody.else", guide: "restored", device: "d1", testedAt: 1 },
      { account: "a.lindqvist", guide: "same", device: "d1", testedAt: 1 },
      { account: "a.lindqvist", guide: "restored", device: "gone", testedAt: 1 },
      { account: "a.lindqvist", guide: "restored", device: 7 },
      [],
      "nonsense",
    ]) {
      keep(progress);
      const all = await at("restored", {}, { kept });
      expect(all.now()).toBe("again");
    }
  });

  test("is forgotten at sign-out, and never kept on a shared workstation", async () => {
    const one = await at("new", { devices: [ownDevice()] });
    await added(one);
    await one.self.signOut();
    expect(one.kept.getItem("countersign.guide")).toBeNull();

    const kept = inMemory();
    const shared = await at("new", { devices: [ownDevice()], shared: true }, { kept });
    await added(shared);
    expect(kept.getItem("countersign.guide")).toBeNull();
  });

  test("works in a browser that keeps nothing", async () => {
    const refuse = () => {
      throw new DOMException("no", "SecurityError");
    };
    const all = await at("new", { devices: [ownDevice()] }, { kept: { getItem: refuse, setItem: refuse, removeItem: refuse } });
    await added(all);
    expect(all.now()).toBe("test");
    all.guiding.finish();
    expect(all.self.place).toEqual({ to: "devices" });
  });
});

describe("in the app", () => {
  async function inApp(guide: GuideName, view: Partial<SessionView>, { hasKeys = false, kept = inMemory() } = {}) {
    const portal = new FakePortal(sessionView({ ...OPEN, ...view }));
    const trail = new MemoryTrail({ to: "guide", guide });
    const ticker = new Ticker(new TestClock());
    const self = new SelfService({ portal, ticker, host: "app", trail, kept, hasKeys: () => hasKeys, pause: async () => undefined });
    await self.start();
    await settled();
    return { self, portal, guiding: self.guiding };
  }
  const of = (all: Awaited<ReturnType<typeof inApp>>) => [all.guiding.candidates.map(({ id }) => id), all.guiding.here];

  test("a phone whose keys are gone is the one it is about, or whatever it can be where it has no entry", async () => {
    const other = ownDevice({ id: "d7", default: false });
    expect(of(await inApp("restored", { devices: [STALE, other, tablet()], this_device: "d7" }))).toEqual([["d7"], true]);
    expect(of(await inApp("restored", { devices: [STALE, tablet(), landline()] }))).toEqual([["d1"], true]);
    expect(of(await inApp("same", { devices: [tablet(), landline()] }))).toEqual([["d2"], false]);
  });

  test("a phone that works is where another one is put in order, by a code", async () => {
    const works = { hasKeys: true };
    const devices = [ownDevice(), tablet()];
    expect(of(await inApp("same", { devices, this_device: "d2" }, works))).toEqual([["d1"], false]);
    expect(of(await inApp("same", { devices: [STALE, ownDevice({ id: "d7" }), tablet()], this_device: "d2" }, works))).toEqual([
      ["d1"],
      false,
    ]);
    expect(of(await inApp("same", { devices: [tablet()], this_device: "d2" }, works))).toEqual([["d2"], true]);
  });

  test("what was done is known again after the app was locked", async () => {
    const kept = inMemory();
    const before = await inApp("same", { devices: [ownDevice()] }, { kept });
    before.self.swap({ to: "guide", guide: "same", device: "d1" });
    const after = await inApp("same", { devices: [ownDevice()] }, { kept });
    expect(after.guiding.device?.id).toBe("d1");
  });

  test("a new phone adds itself and its number, and the guide goes on with it", async () => {
    const { self, portal, guiding } = await inApp("new", { devices: [ownDevice({ kind: "tablet" })] });
    guiding.add();
    if (self.place.to === "add") self.adding.chooseKind(self.place);
    self.adding.numbering?.typeNumber("07700 900386");
    if (self.place.to === "add") await self.adding.sendCode(self.place);
    self.adding.numbering?.typeCode(portal.code);
    if (self.place.to === "add") await self.adding.confirm(self.place);
    const { place } = self;
    if (place.to !== "add") throw new Error(place.to);
    expect(place.step).toBe("here");
    await self.adding.addHere(place);
    if (self.place.to === "add") await self.adding.finish(self.place, "d1");
    expect([self.place.to, guiding.device?.id]).toEqual(["guide", self.thisDevice]);
  });
});
