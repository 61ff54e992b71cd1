import { describe, expect, test } from "vitest";
import type { SessionView } from "../host/generated/self-service/SessionView";
import type { SiteView } from "../host/generated/self-service/SiteView";
import { FakePortal, landline, ownDevice, sessionView, tablet } from "../host/portal-fake";
import type { AddPlace } from "./addingdevice.svelte";
import { Ticker } from "./clock.svelte";
import { MemoryTrail } from "./place";
import type { Place } from "./place";
import { SelfService } from "./selfservice.svelte";
import { TestClock, settled } from "./testing";

const LATER = Date.UTC(2027, 0);
const PHONE = "07700 900386";

async function started({ view = {}, site = {}, start }: { view?: Partial<SessionView>; site?: Partial<SiteView>; start?: Place } = {}) {
  const portal = new FakePortal(sessionView({ idle_at: LATER, ends_at: LATER, devices: [ownDevice()], ...view }));
  portal.siteView = { ...portal.siteView, ...site };
  const clock = new TestClock();
  const self = new SelfService({
    portal,
    ticker: new Ticker(clock),
    host: "browser",
    pause: async () => undefined,
    ...(start && { trail: new MemoryTrail(start) }),
  });
  await self.start();
  await settled();
  const place = (): AddPlace => {
    if (self.place.to !== "add") throw new Error(`at ${self.place.to}`);
    return self.place;
  };
  return { self, portal, clock, adding: self.adding, place };
}
type All = Awaited<ReturnType<typeof started>>;

function choose({ adding, place }: All, kind: "phone" | "tablet" | "landline"): void {
  adding.begin();
  adding.kind = kind;
  adding.chooseKind(place());
}

async function number(all: All, typed = PHONE): Promise<void> {
  all.adding.numbering?.typeNumber(typed);
  await all.adding.sendCode(all.place());
}

async function confirmed(all: All): Promise<void> {
  await number(all);
  all.adding.numbering?.typeCode(all.portal.code);
  await all.adding.confirm(all.place());
}

async function toCode(all: All): Promise<void> {
  choose(all, "phone");
  await confirmed(all);
  all.adding.platform = "android";
  await all.adding.choosePlatform(all.place());
  all.self.go({ ...all.place(), step: "code" });
  await settled();
}

describe("a link by text", () => {
  test("goes to the number that the device has, and says when it did not", async () => {
    const all = await started();
    await toCode(all);
    const { activating } = all.self;
    expect(activating?.live?.text_to).toBe("+44 •••• ••0471");
    await activating?.textLink();
    expect([activating?.texted, activating?.live?.state]).toEqual(["sent", "waiting"]);
    all.portal.refuse("textLink", "too_many");
    await activating?.textLink();
    expect(activating?.texted).toMatchObject({ code: "too_many" });
    expect(activating?.code).not.toBeNull();
  });

  test("is for phones alone, and only until the scan", async () => {
    const all = await started();
    choose(all, "tablet");
    all.adding.platform = "ios";
    await all.adding.choosePlatform(all.place());
    all.self.go({ ...all.place(), step: "code" });
    await settled();
    expect(all.self.activating?.live?.text_to).toBeNull();
    all.portal.scannedBy();
    await settled();
    await all.self.activating?.textLink();
    expect(all.portal.calls).not.toContain("textLink");
  });
});

describe("a phone that scanned the code", () => {
  test("is compared before it becomes a device, and finishes by itself", async () => {
    const all = await started();
    await toCode(all);
    all.portal.scannedBy("Pixel 9", "482913");
    await settled();
    const { activating } = all.self;
    expect([activating?.live?.state, activating?.live?.scanned?.check, activating?.over]).toEqual(["scanned", "482913", true]);
    expect(all.place().step).toBe("code");
    await activating?.confirm();
    await settled();
    expect([activating?.live?.state, all.place().step]).toEqual(["confirmed", "code"]);
    all.portal.scanned();
    await settled();
    expect([all.place().step, all.place().device]).toEqual(["done", "d9"]);
  });

  test("and shows something else gets nothing, and a new code is one press away", async () => {
    const all = await started();
    await toCode(all);
    all.portal.scannedBy();
    await settled();
    const { activating } = all.self;
    activating?.refuse();
    await settled();
    expect([activating?.foreign, activating?.live, all.place().step]).toEqual([true, null, "code"]);
    expect(all.portal.calls.filter((method) => method === "cancelActivation")).toHaveLength(1);
    await Promise.race([activating?.start(), settled()]);
    expect([activating?.foreign, activating?.live?.state]).toEqual([false, "waiting"]);
  });

  test("and whose page is left is refused", async () => {
    const all = await started();
    await toCode(all);
    all.portal.scannedBy();
    await settled();
    all.self.back();
    await settled();
    expect(all.portal.calls.filter((method) => method === "cancelActivation")).toHaveLength(1);
  });
});

describe("a phone", () => {
  test("is asked for its number, its maker and the app, in this order, and scans a code", async () => {
    const all = await started();
    choose(all, "phone");
    expect([all.place().step, all.adding.position(all.place()), all.adding.steps(all.place())]).toEqual(["number", 2, 5]);
    await number(all);
    expect(all.place().step).toBe("confirm");
    all.adding.numbering?.typeCode(all.portal.code);
    await all.adding.confirm(all.place());
    expect([all.place().step, all.adding.position(all.place())]).toEqual(["platform", 3]);
    all.adding.platform = "android";
    await all.adding.choosePlatform(all.place());
    expect([all.place().step, all.adding.position(all.place())]).toEqual(["install", 4]);
    all.self.go({ ...all.place(), step: "code" });
    await settled();
    expect(all.portal.wanted).toEqual({ for: "new", kind: "phone", platform: "android", number: "number-1" });
    all.portal.scanned();
    await settled();
    expect([all.place().step, all.place().device]).toEqual(["done", "d9"]);
  });

  test("without calls and texts has no number to be asked for", async () => {
    const all = await started({ site: { calls: false, texts: false } });
    choose(all, "phone");
    expect([all.place().step, all.adding.steps(all.place()), all.adding.position(all.place())]).toEqual(["platform", 4, 2]);
    expect(all.adding.landlines).toBe(false);
  });

  test("whose number is known leads to its entry, and another can be typed", async () => {
    const all = await started();
    all.portal.refuse("addNumber", "number_known", { device: "d1" });
    choose(all, "phone");
    await number(all);
    expect(all.place().step).toBe("number");
    expect(all.adding.numbering?.problem).toMatchObject({ code: "number_known", device: "d1" });
    all.adding.numbering?.another();
    expect([all.adding.numbering?.problem, all.adding.numbering?.typed]).toEqual([null, ""]);
  });

  test("is the organisation's where it has one of that kind, unless another is typed", async () => {
    const listed_number = { shown: "+44 •••• ••3405", landline: false };
    const all = await started({ view: { listed_number } });
    choose(all, "landline");
    expect([all.adding.numbering?.listed, all.adding.numbering?.named]).toEqual([null, false]);
    choose(all, "phone");
    const { numbering } = all.adding;
    expect([numbering?.listed, numbering?.takesListed]).toEqual([listed_number, true]);
    all.portal.refuse("addNumber", "too_many", { until: LATER });
    await all.adding.sendCode(all.place());
    expect(numbering?.problem?.code).toBe("too_many");
    numbering?.takeListed(false);
    expect([numbering?.problem, numbering?.named]).toEqual([null, false]);
    numbering?.takeListed(true);
    await all.adding.sendCode(all.place());
    expect([all.place().step, numbering?.view?.shown]).toEqual(["confirm", "+44 •••• ••3405"]);
  });

  test("a wrong code stays on the page, and typing takes the refusal away", async () => {
    const all = await started();
    choose(all, "phone");
    await number(all);
    all.adding.numbering?.typeCode("000000");
    await all.adding.confirm(all.place());
    expect(all.place().step).toBe("confirm");
    expect(all.adding.numbering?.problem?.code).toBe("wrong_code");
    all.adding.numbering?.typeCode("3907");
    expect(all.adding.numbering?.problem).toBeNull();
    await all.adding.confirm(all.place());
    expect(all.place().step).toBe("confirm");
  });

  test("without the app is called only, and tried again without its code where that could not be kept", async () => {
    const all = await started();
    choose(all, "phone");
    await confirmed(all);
    all.adding.platform = "other";
    all.portal.refuse("addLandline", "unavailable");
    await all.adding.choosePlatform(all.place());
    expect([all.place().step, all.adding.problem?.code]).toEqual(["platform", "unavailable"]);
    await all.adding.choosePlatform(all.place());
    expect(all.place()).toMatchObject({ step: "done", kind: "phone" });
    expect(all.portal.calls.filter((each) => each === "confirmNumber")).toHaveLength(1);
  });
});

test("a tablet needs no number", async () => {
  const all = await started();
  choose(all, "tablet");
  expect([all.place().step, all.adding.steps(all.place()), all.adding.position(all.place())]).toEqual(["platform", 4, 2]);
});

describe("what is known to be missing", () => {
  test("is not asked for, and one step back leads to where it was said", async () => {
    const { self, adding, place } = await started({ start: { to: "lose" } });
    adding.begin();
    adding.platform = "ios";
    self.back();
    adding.beginWith("tablet");
    expect([place(), adding.platform]).toEqual([{ to: "add", step: "platform", kind: "tablet" }, null]);
    self.back();
    expect(self.place).toEqual({ to: "lose" });
  });

  test("of a landline begins with its number", async () => {
    const { adding, place } = await started();
    adding.beginWith("landline");
    expect([place(), adding.numbering === null]).toEqual([{ to: "add", step: "number", kind: "landline" }, false]);
  });
});

test("a landline is done with its code, which is not asked for twice", async () => {
  const all = await started();
  choose(all, "landline");
  all.portal.refuse("addLandline", "unreachable");
  await number(all, "01632 960142");
  expect(all.adding.numbering?.by).toBe("call");
  all.adding.numbering?.typeCode(all.portal.code);
  await all.adding.confirm(all.place());
  expect([all.place().step, all.adding.problem?.code]).toEqual(["confirm", "unreachable"]);
  await all.adding.confirm(all.place());
  expect(all.place().step).toBe("done");
  expect(all.self.devices).toHaveLength(2);
  expect(all.portal.calls.filter((each) => each === "confirmNumber")).toHaveLength(1);
});

describe("the code", () => {
  test("is closed when its page is left", async () => {
    const all = await started();
    await toCode(all);
    expect(all.self.activating?.code?.text).toContain("#");
    all.self.back();
    await settled();
    expect(all.portal.calls).toContain("cancelActivation");
    expect(all.self.activating).toBeNull();
  });

  test("is no longer shown once its time is over, and a new one can be made", async () => {
    const all = await started();
    await toCode(all);
    all.portal.happens({ state: "expired" });
    await settled();
    expect([all.self.activating?.over, all.self.activating?.code]).toEqual([true, null]);
    void all.self.activating?.start();
    await settled();
    expect([all.self.activating?.over, all.self.activating?.code === null]).toEqual([false, false]);
  });

  test("comes after a proof where that is asked for, and not without it", async () => {
    const all = await started();
    all.portal.refuse("activate", "proof_needed");
    await toCode(all);
    expect(all.self.proving).not.toBeNull();
    all.self.proving?.cancel();
    await settled();
    expect(all.place().step).toBe("install");
    expect(all.portal.calls.filter((each) => each === "activate")).toHaveLength(1);
  });

  test("of a page that was loaded again is a new one", async () => {
    const all = await started({ start: { to: "add", step: "code", kind: "phone", platform: "ios", number: "number-7" } });
    expect(all.portal.wanted).toEqual({ for: "new", kind: "phone", platform: "ios", number: "number-7" });
    expect(all.self.activating?.code).not.toBeNull();
  });
});

test("a page of a code that was loaded again asks for the number again, since nothing was kept of it", async () => {
  const all = await started({ start: { to: "add", step: "confirm", kind: "phone" } });
  expect(all.place().step).toBe("number");
  expect(all.adding.numbering?.view).toBeNull();
});

test("which device is asked first is told only where that changes", async () => {
  const devices = [ownDevice(), ownDevice({ id: "d9", name: "New phone", default: false })];
  const done: AddPlace = { to: "add", step: "done", kind: "phone", device: "d9" };
  const kept = await started({ view: { devices }, start: done });
  await kept.adding.finish(done, "d1");
  expect(kept.portal.calls).not.toContain("putFirst");
  expect(kept.self.place).toEqual({ to: "devices" });

  const changed = await started({ view: { devices }, start: done });
  await changed.adding.finish(done, "d9");
  expect(changed.self.devices[0]?.id).toBe("d9");

  const refused = await started({ view: { devices }, start: done });
  refused.portal.refuse("putFirst", "unreachable");
  await refused.adding.finish(done, "d9");
  expect([refused.place().step, refused.self.managing.problem?.code]).toEqual(["done", "unreachable"]);
});

describe("in an app that has no keys yet", () => {
  async function inApp(view: Partial<SessionView>, kind: "phone" | "tablet" = "tablet") {
    const portal = new FakePortal(sessionView({ idle_at: LATER, ends_at: LATER, ...view }));
    const reactivated: string[] = [];
    const added: unknown[] = [];
    const here = Object.assign(portal, {
      reactivateHere: async (device: string) => {
        reactivated.push(device);
        return portal.session();
      },
      addHere: async (of: string, number: string | null) => {
        added.push([of, number]);
        const device = ownDevice({ id: "d9", name: "Computer", kind: "tablet", number: null });
        portal.view = { ...(await portal.session()), devices: [device], this_device: "d9", stage: "prove" };
        return portal.session();
      },
    });
    const self = new SelfService({ portal: here, ticker: new Ticker(new TestClock()), host: "app", kind, pause: async () => undefined });
    await self.start();
    await settled();
    return { self, portal: here, reactivated, added };
  }

  test("only what it can be is activated in one tap, and once it is something that alone", async () => {
    const devices = [ownDevice(), tablet(), landline()];
    const here = async (view: Partial<SessionView>, kind: "phone" | "tablet") => {
      const { self } = await inApp({ devices, ...view }, kind);
      return self.devices.filter((device) => self.isHere(device)).map(({ id }) => id);
    };
    expect(await here({}, "phone")).toEqual(["d1"]);
    expect(await here({}, "tablet")).toEqual(["d2"]);
    expect(await here({ this_device: "d1" }, "tablet")).toEqual(["d1"]);
    const { self } = await started({ view: { devices, this_device: "d1" } });
    expect(self.devices.some((device) => self.isHere(device))).toBe(false);
  });

  test("what is added may be the one in the hand, and that is said before it has to be proven with", async () => {
    const all = await inApp({ devices: [], stage: "first_device", ways: [] });
    const { self, added } = all;
    self.adding.begin();
    self.adding.kind = "tablet";
    if (self.place.to === "add") self.adding.chooseKind(self.place);
    const { place } = self;
    if (place.to !== "add") throw new Error(place.to);
    expect([place.step, self.adding.position(place), self.adding.steps(place)]).toEqual(["here", 2, 2]);
    await self.adding.addHere(place);
    expect([added, self.place, self.proving]).toEqual([[["tablet", null]], { ...place, step: "done", device: "d9" }, null]);
    self.home();
    expect(self.proving?.first).toBe(true);
  });

  test("another kind of device gets a code", async () => {
    const { self } = await inApp({ devices: [ownDevice()], stage: "open" }, "phone");
    self.adding.begin();
    self.adding.kind = "tablet";
    if (self.place.to === "add") self.adding.chooseKind(self.place);
    expect(self.place.to === "add" && self.place.step).toBe("platform");
  });

  test("it activates this phone again as soon as the person may, and only once", async () => {
    const { self } = await inApp({ devices: [ownDevice(), tablet()], this_device: "d2", stage: "prove", proven_until: null });
    self.reactivateThis();
    expect(self.place.to).toBe("devices");
    self.proving?.toPasscode();
    self.proving?.type("482913");
    await settled();
    expect(self.place).toEqual({ to: "reactivate", device: "d2", step: "here" });
    self.back();
    self.home();
    expect(self.place.to).toBe("devices");
  });

  test("asks for no proof before it is known what changed, and for none where nothing has to be proven", async () => {
    const portal = new FakePortal(sessionView({ idle_at: LATER, ends_at: LATER, stage: "prove", proven_until: null }));
    const make = async () => {
      const trail = new MemoryTrail({ to: "needs" });
      const self = new SelfService({ portal, ticker: new Ticker(new TestClock()), host: "app", trail, pause: async () => undefined });
      await self.start();
      return self;
    };
    const self = await make();
    expect([self.place.to, self.proving]).toEqual(["needs", null]);
    self.guiding.begin("restored");
    expect([self.place.to, self.proving]).toEqual(["guide", null]);
    self.back();
    expect(self.place.to).toBe("needs");
    self.home();
    expect([self.place.to, self.proving?.first]).toEqual(["devices", true]);
    portal.view = sessionView({ idle_at: LATER, ends_at: LATER, stage: "first_device", devices: [] });
    const first = await make();
    expect([first.place.to, first.deep, first.proving]).toEqual(["devices", false, null]);
  });
});
