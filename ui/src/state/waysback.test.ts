import { describe, expect, test } from "vitest";
import type { OwnDevice } from "../host/generated/self-service/OwnDevice";
import type { CardStanding } from "../host/generated/self-service/CardStanding";
import { cardStanding } from "../host/portal-card";
import { landline, ownDevice, tablet } from "../host/portal-fake";
import { losable, lostOf, waysBack } from "./waysback";

const phone = ownDevice();
const spare = (changes: Partial<OwnDevice> = {}) =>
  ownDevice({ id: "d4", name: "Spare phone", number: "+44 ••••• ••0386", default: false, ...changes });
const stale = { standing: "needs_reactivating" as const, push: false, passcode: false };

const seen = (devices: OwnDevice[], lost = devices[0] ?? phone, calls = true, card: CardStanding | null = null) => {
  const { own, idle, verdict, missing } = waysBack(devices, lost, { calls, card, now: Date.now() });
  return {
    own: own.map(({ device, how }) => `${device.id} ${how}`),
    idle: idle.map(({ id }) => id),
    verdict,
    missing: missing.map((piece) =>
      piece.do === "card" ? "card" : piece.do === "add" ? `add ${piece.kind}` : `reactivate ${piece.device.id}`,
    ),
  };
};

test("the only phone leaves the Service Desk, and a card to make, a tablet and a landline to add", () => {
  expect(seen([phone])).toEqual({ own: [], idle: [], verdict: "desk_only", missing: ["card", "add tablet", "add landline"] });
});

test("a landline is offered only where the site calls", () => {
  expect(seen([phone], phone, false).missing).toEqual(["card", "add tablet"]);
});

test("a tablet and a landline are enough: nothing is missing, the one that is asked comes first", () => {
  expect(seen([phone, landline(), tablet()])).toEqual({
    own: ["d2 push_and_passcode", "d3 call"],
    idle: [],
    verdict: "safe",
    missing: [],
  });
});

test("a landline alone lets somebody in, and a second device is still worth having", () => {
  expect(seen([phone, landline()])).toEqual({ own: ["d3 call"], idle: [], verdict: "safe", missing: ["add tablet"] });
});

test("a landline is nothing where the site does not call", () => {
  expect(seen([phone, landline()], phone, false)).toMatchObject({ own: [], idle: ["d3"], verdict: "desk_only" });
});

test("the lost phone’s own number does not count, another phone’s does", () => {
  expect(seen([ownDevice({ call: true })]).own).toEqual([]);
  expect(seen([phone, spare(stale)])).toMatchObject({ own: ["d4 call"], verdict: "safe" });
});

test("a recovery card lets somebody in while it has codes and time", () => {
  expect(seen([phone], phone, true, cardStanding({ codes_left: 1 }))).toMatchObject({
    own: [],
    verdict: "safe",
    missing: ["add tablet", "add landline"],
  });
  for (const over of [cardStanding({ codes_left: 0 }), cardStanding({ expires_at: Date.now() })]) {
    expect(seen([phone], phone, true, over)).toMatchObject({ verdict: "desk_only", missing: ["card", "add tablet", "add landline"] });
  }
});

describe("what is there and does not work", () => {
  test("is activated again before anything is added", () => {
    expect(seen([phone, tablet(stale)])).toEqual({
      own: [],
      idle: ["d2"],
      verdict: "desk_only",
      missing: ["card", "reactivate d2", "add landline"],
    });
  });

  test("shows passcodes when pushes do not reach it, and comes after what they reach", () => {
    const silent = tablet({ standing: "silent" });
    expect(seen([phone, silent, spare()]).own).toEqual(["d4 push_and_passcode", "d2 unanswered_passcode"]);
    expect(seen([phone, silent])).toMatchObject({ verdict: "safe", missing: ["reactivate d2", "add landline"] });
  });
});

test("an app that is asked without a number shows passcodes, and one that shows none is asked", () => {
  expect(seen([phone, tablet({ push: false })]).own).toEqual(["d2 passcode"]);
  expect(seen([phone, tablet({ passcode: false })]).own).toEqual(["d2 push"]);
});

test("whoever loses the tablet adds a phone", () => {
  expect(seen([tablet({ default: true }), landline()], tablet({ default: true })).missing).toEqual(["add phone"]);
});

describe("which device is lost", () => {
  test("the chosen one, else this one, else the default one, else any that can be", () => {
    const devices = [landline({ default: true }), ownDevice({ default: false }), tablet()];
    expect(lostOf(devices, "d2", "d1")?.id).toBe("d2");
    expect(lostOf(devices, undefined, "d2")?.id).toBe("d2");
    expect(lostOf(devices, "gone", null)?.id).toBe("d1");
    expect(lostOf([tablet(), phone])?.id).toBe("d1");
  });

  test("never a landline", () => {
    expect(losable([landline({ default: true })])).toEqual([]);
    expect(lostOf([landline({ default: true })], "d3")).toBeNull();
  });
});
