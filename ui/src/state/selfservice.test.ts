import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakePortal, WAYS, landline, ownDevice, sessionView, tablet } from "../host/portal-fake";
import { Ticker } from "./clock.svelte";
import { MemoryTrail } from "./place";
import type { Place } from "./place";
import { SelfService } from "./selfservice.svelte";
import { TestClock, settled } from "./testing";

const clock = new TestClock();
/** The fake's times and the page's are one. */
const soon = (ms: number) => clock.wall() + ms;
const view = (changes = {}) => sessionView({ idle_at: soon(15 * 60_000), ends_at: soon(8 * 3_600_000), ...changes });

let portal: FakePortal;
let self: SelfService;
async function begin(made: FakePortal, start: Place = { to: "devices" }, trail = new MemoryTrail(start)): Promise<void> {
  portal = made;
  self = new SelfService({ portal, ticker: new Ticker(clock), host: "browser", trail, pause: () => Promise.resolve() });
  await self.start();
}
afterEach(() => self.stop());

const unproven = () => view({ stage: "prove", proven_until: null });

describe("signing in", () => {
  beforeEach(async () => {
    const made = new FakePortal(null);
    made.signedIn = unproven();
    await begin(made);
  });

  test("leads to the proof, with the devices already told", async () => {
    expect(await self.signIn("a.lindqvist", "right")).toBe(true);
    expect(self.devices.map(({ name }) => name)).toEqual(["Amara’s phone", "Amara’s tablet", "Office phone"]);
    expect([self.proving?.first, self.proving?.step.at]).toEqual([true, "ways"]);
  });

  test("with a wrong password says how many tries are left, and nothing else changes", async () => {
    expect(await self.signIn("a.lindqvist", "wrong")).toBe(false);
    expect([self.refused?.code, self.refused?.number, self.session]).toEqual(["wrong_password", 3, null]);
  });
});

describe("signing out without a connection", () => {
  let back: () => void = () => undefined;
  beforeEach(async () => {
    portal = new FakePortal(view());
    const pause = () => new Promise<void>((done) => (back = done));
    self = new SelfService({ portal, ticker: new Ticker(clock), host: "browser", pause });
    await self.start();
    portal.down = true;
    await self.signOut();
  });

  test("shows nothing of the person, and says that the service was not told, and until when", () => {
    expect([self.session, self.ended, self.signingOut.untoldUntil]).toEqual([null, "signed-out", soon(15 * 60_000)]);
  });

  test("is finished by itself once there is one", async () => {
    back();
    await settled();
    expect(self.signingOut.untoldUntil).not.toBeNull();
    portal.down = false;
    back();
    await settled();
    expect([self.signingOut.untoldUntil, portal.view]).toEqual([null, null]);
  });

  test("is finished by a press", async () => {
    portal.down = false;
    await self.signingOut.now();
    expect([self.signingOut.untoldUntil, portal.view]).toEqual([null, null]);
  });

  test("is over once the session is, whoever ended it", async () => {
    portal.down = false;
    portal.refuse("signOut", "signed_out");
    await self.signingOut.now();
    expect(self.signingOut.untoldUntil).toBeNull();
  });

  test("is over when the service would have ended the session", async () => {
    clock.pass(16 * 60_000);
    back();
    await settled();
    expect(self.signingOut.untoldUntil).toBeNull();
  });
});

describe("closing the page", () => {
  test("signs out at a computer that many people use, and nowhere else", async () => {
    for (const shared of [true, false]) {
      await begin(new FakePortal(view({ shared })));
      self.leave();
      expect([portal.calls.includes("signOut"), self.session === null]).toEqual([shared, shared]);
    }
    await begin(new FakePortal(null));
    self.leave();
    expect(portal.calls).not.toContain("signOut");
  });
});

describe("the first proof", () => {
  beforeEach(() => begin(new FakePortal(unproven())));

  test("by push opens the devices once it is confirmed", async () => {
    void self.proving?.ask("push", "d1");
    await settled();
    expect(self.proving?.proof?.state).toBe("waiting");
    portal.happens({ state: "confirmed", number: null });
    await settled();
    await settled();
    expect([self.proving, self.session?.stage]).toEqual([null, "open"]);
  });

  test("that was denied stays, and can be sent again", async () => {
    void self.proving?.ask("push", "d1");
    await settled();
    portal.happens({ state: "denied" });
    await settled();
    expect(self.proving?.state).toBe("denied");
    void self.proving?.ask("push", "d1");
    await settled();
    expect(self.proving?.state).toBe("waiting");
    expect(portal.calls.filter((each) => each === "prove")).toHaveLength(2);
  });

  test("is cancelled by the way back, which leads to the ways", async () => {
    void self.proving?.ask("push", "d1");
    await settled();
    self.back();
    await settled();
    expect(self.proving?.step.at).toBe("ways");
    expect(portal.calls).toContain("cancelProof");
  });

  test("that reached nobody leads back to the ways that are left", async () => {
    void self.proving?.ask("push", "d1");
    await settled();
    const left = WAYS.map((way) => (way.kind === "push" ? { ...way, why_not: "silent" as const } : way)).toReversed();
    portal.view = view({ stage: "prove", proven_until: null, ways: left });
    portal.happens({ state: "expired" });
    await settled();
    expect([self.proving?.state, self.proving?.step.at]).toEqual(["expired", "push"]);
    self.back();
    await settled();
    expect([self.proving?.step.at, self.session?.ways]).toEqual(["ways", left]);
  });

  test("by passcode is checked as soon as the sixth digit is there", async () => {
    const passcode = self.session?.ways[1];
    if (passcode) await self.proving?.choose(passcode);
    self.proving?.type("482 911");
    await settled();
    expect([self.proving?.problem?.code, self.session?.stage]).toEqual(["wrong_passcode", "prove"]);
    self.proving?.type("482913");
    await settled();
    await settled();
    expect(self.session?.stage).toBe("open");
  });
});

describe("an act that needs a fresh proof", () => {
  beforeEach(async () => {
    await begin(new FakePortal(view()));
    portal.refuse("remove", "proof_needed");
    void self.managing.remove("d2");
    await settled();
  });

  test("asks for it, and is done by itself afterwards", async () => {
    expect(self.proving?.first).toBe(false);
    void self.proving?.ask("push", "d1");
    await settled();
    portal.happens({ state: "confirmed", number: null });
    for (let turn = 0; turn < 4; turn += 1) await settled();
    expect(self.proving).toBeNull();
    expect(self.devices.map(({ id }) => id)).toEqual(["d1", "d3"]);
  });

  test("is not done where the person goes back instead", async () => {
    self.back();
    await settled();
    expect([self.proving, self.devices.length, self.managing.busy]).toEqual([null, 3, false]);
    expect(portal.calls.filter((each) => each === "remove")).toHaveLength(1);
  });
});

describe("the session", () => {
  test("that ended elsewhere leads to the sign-in and back to the same place", async () => {
    await begin(new FakePortal(view()), { to: "guide", guide: "new" });
    portal.view = null;
    await self.seen();
    expect([self.session, self.ended]).toEqual([null, "elsewhere"]);
    portal.signedIn = view();
    await self.signIn("a.lindqvist", "right");
    expect(self.place).toEqual({ to: "guide", guide: "new" });
  });

  test("warns half a minute before its end, goes on when asked to, and ends otherwise", async () => {
    await begin(new FakePortal(view({ idle_at: soon(60_000) })));
    expect(self.warning).toBeNull();
    clock.pass(31_000);
    expect(self.warning).toBe(29);
    portal.view = view({ idle_at: soon(60_000) });
    await self.refresh();
    expect(self.warning).toBeNull();
    clock.pass(61_000);
    expect([self.session, self.ended]).toEqual([null, "idle"]);
  });

  test("that is left by the person is over, and the way back leads nowhere", async () => {
    await begin(new FakePortal(view()));
    self.adding.begin();
    await self.signOut();
    expect([self.session, self.ended, self.place, self.deep]).toEqual([null, "signed-out", { to: "devices" }, false]);
  });
});

describe("help", () => {
  test("stands in front of a proof, which goes on, and the way back leads to it", async () => {
    await begin(new FakePortal(unproven()));
    void self.proving?.ask("push", "d1");
    await settled();
    self.help();
    expect(self.place).toEqual({ to: "help" });
    self.leaveHelp();
    expect([self.place.to, self.proving?.step.at, self.proving?.proof?.state]).toEqual(["devices", "push", "waiting"]);
    self.help();
    portal.happens({ state: "confirmed", number: null });
    await settled();
    await settled();
    expect([self.place.to, self.session?.stage]).toEqual(["help", "open"]);
    self.leaveHelp();
    expect([self.place, self.proving]).toEqual([{ to: "devices" }, null]);
  });

  test("keeps the code that is being scanned, and leads on from there", async () => {
    await begin(new FakePortal(view()), { to: "reactivate", device: "d1", step: "code", platform: "android" });
    await settled();
    const { activating } = self;
    self.help();
    self.leaveHelp();
    expect([self.activating?.live?.state, self.activating === activating]).toEqual(["waiting", true]);
    self.help();
    self.fromHelp({ to: "guide", guide: "same" });
    expect([self.place.to, self.activating]).toEqual(["guide", null]);
  });

  test("is there for whoever is not signed in, and a situation chosen there is what follows", async () => {
    const made = new FakePortal(null);
    made.signedIn = unproven();
    await begin(made, { to: "help" });
    expect([self.session, self.place.to]).toEqual([null, "help"]);
    self.fromHelp({ to: "guide", guide: "new" });
    await self.signIn("a.lindqvist", "right");
    expect([self.place, self.proving]).toEqual([{ to: "guide", guide: "new" }, null]);
  });
});

describe("another tab, or the page as the browser kept it", () => {
  test("opens what was proven there, also where a push was asked for here", async () => {
    await begin(new FakePortal(unproven()));
    void self.proving?.ask("push", "d1");
    await settled();
    portal.view = view();
    portal.happens({ state: "cancelled" });
    await settled();
    await settled();
    expect([self.proving, self.session?.stage]).toEqual([null, "open"]);
  });

  test("follows a sign-in there, but not where the person signed out", async () => {
    await begin(new FakePortal(null));
    portal.view = unproven();
    await self.seen();
    expect(self.session?.stage).toBe("prove");
    await self.signOut();
    portal.view = view();
    await self.seen();
    expect([self.session, self.ended]).toEqual([null, "signed-out"]);
  });

  test("takes its code back when it is left, and makes another when it is shown again", async () => {
    await begin(new FakePortal(view()), { to: "reactivate", device: "d1", step: "code", platform: "android" });
    await settled();
    self.leave();
    expect([self.activating, portal.calls.at(-1)]).toEqual([null, "cancelActivation"]);
    await self.returned();
    await settled();
    expect(self.activating?.live?.state).toBe("waiting");
  });

  test("shows nothing of anybody once it is left, and asks before it does again", async () => {
    await begin(new FakePortal(view()));
    self.leave();
    expect(self.starting).toBe(true);
    portal.view = null;
    await self.returned();
    expect([self.starting, self.session, self.ended]).toEqual([false, null, "elsewhere"]);
  });
});

test("a service that is down is asked again until it answers", async () => {
  const made = new FakePortal(view());
  made.down = true;
  let waits = 0;
  const again = () => {
    waits += 1;
    if (waits === 3) made.down = false;
    return Promise.resolve();
  };
  self = new SelfService({ portal: made, ticker: new Ticker(clock), host: "browser", pause: again });
  await self.start();
  expect(self.down).toBe(true);
  await settled();
  await settled();
  expect([self.down, self.devices.length, waits]).toEqual([false, 3, 3]);
});

describe("activating again", () => {
  const place: Place = { to: "reactivate", device: "d1", step: "code", platform: "android" };
  const stale = () => view({ devices: [ownDevice({ standing: "needs_reactivating" }), tablet(), landline()] });

  test("makes a new code where the page is loaded again, and is done with the scan", async () => {
    await begin(new FakePortal(stale()), place);
    await settled();
    expect(portal.wanted).toEqual({ for: "again", device: "d1", platform: "android" });
    expect(self.activating?.code?.text).toContain("/activate#");
    portal.scanned();
    for (let turn = 0; turn < 3; turn += 1) await settled();
    expect([self.place, self.device("d1")?.standing]).toEqual([{ ...place, step: "done" }, "works"]);
    expect(self.activating?.code ?? null).toBeNull();
  });

  test("takes the code back when its page is left", async () => {
    await begin(new FakePortal(stale()), place);
    await settled();
    self.home();
    expect(portal.calls).toContain("cancelActivation");
    expect(self.activating).toBeNull();
  });
});

test("what is typed for several defaults ends with the last choice", async () => {
  await begin(new FakePortal(view()));
  void self.managing.putFirst("d1", "call");
  void self.managing.putFirst("d1", "ask");
  await self.managing.putFirst("d1", "push");
  await settled();
  await settled();
  expect([self.device("d1")?.first, portal.calls.filter((each) => each === "putFirst").length]).toEqual(["push", 2]);
});
