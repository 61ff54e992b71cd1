import { describe, expect, test } from "vitest";
import { FakeHost, accountView, openView } from "../host/fake";
import { problem } from "../host/problem";
import { Ticker } from "./clock.svelte";
import { Passcodes } from "./passcodes.svelte";
import type { Shown } from "./passcodes.svelte";
import { TestClock, settled } from "./testing";

const timed = accountView();
const counted = accountView({ id: "a3", counter_based: true });

async function shown(accounts = [timed], hide = false) {
  const host = new FakeHost(openView({ accounts }));
  host.codes = { a1: { code: "482913", next: "640127", leftMs: 18_000 } };
  const clock = new TestClock();
  const passcodes = new Passcodes(host, new Ticker(clock));
  passcodes.know(accounts, hide);
  passcodes.want("list", ["a1", "a3"]);
  await settled();
  const now = (): Shown => {
    const found = passcodes.of("a1");
    if (found === null) throw new Error("no passcode is shown");
    return found;
  };
  const asked = (name: string) => host.calls.filter(([called]) => called === name).length;
  return { host, clock, passcodes, now, asked };
}

test("seconds count down and the ring follows in whole seconds", async () => {
  const { clock, passcodes, now } = await shown();
  expect(passcodes.secondsLeft(now())).toBe(18);
  expect(passcodes.share(now())).toBeCloseTo(18 / 30);
  clock.pass(500);
  expect(passcodes.share(now())).toBeCloseTo(18 / 30);
  clock.pass(12_500);
  expect(passcodes.secondsLeft(now())).toBe(5);
});

test("the last five seconds are told apart", async () => {
  const { clock, passcodes, now } = await shown();
  clock.pass(12_999);
  expect(passcodes.isLast(now())).toBe(false);
  clock.pass(1);
  expect(passcodes.isLast(now())).toBe(true);
});

test("when a passcode runs out the next one is there at once, and the pair after is asked for", async () => {
  const { host, clock, passcodes, now, asked } = await shown();
  host.codes = { a1: { code: "640127", next: "118204", leftMs: 30_000 } };
  clock.pass(18_000);
  expect(now()).toMatchObject({ code: "640127" });
  expect(passcodes.secondsLeft(now())).toBe(30);
  await settled();
  expect(now()).toMatchObject({ code: "640127", next: "118204" });
  expect(asked("passcodes")).toBe(2);
});

test("after a long sleep no stale passcode is shown", async () => {
  const { host, clock, passcodes, now } = await shown();
  host.codes = { a1: { code: "990017", next: "223344", leftMs: 9_000 } };
  clock.pass(600_000);
  expect(passcodes.of("a1")).toBeNull();
  await settled();
  expect(now()).toMatchObject({ code: "990017" });
});

test("a clock that jumped asks again at once", async () => {
  const { host, clock, now } = await shown();
  host.codes = { a1: { code: "990017", next: "223344", leftMs: 9_000 } };
  clock.jump(3_600_000);
  await settled();
  expect(now()).toMatchObject({ code: "990017" });
});

test("a host that refuses is not asked on every tick", async () => {
  const { host, clock, passcodes, asked } = await shown();
  host.failing.passcodes = problem("unforeseen");
  for (let tick = 0; tick < 10; tick += 1) {
    clock.pass(18_000 / 9);
    await settled();
  }
  const before = asked("passcodes");
  clock.pass(200);
  clock.pass(200);
  await settled();
  expect(asked("passcodes")).toBe(before);
  expect(passcodes.problem?.code).toBe("unforeseen");
});

test("a tap copies, and says so for two seconds", async () => {
  const { host, clock, passcodes } = await shown();
  await passcodes.tap(timed);
  expect(host.calls.at(-1)).toEqual(["copyPasscode", "a1"]);
  expect(passcodes.wasCopied("a1")).toBe(true);
  clock.pass(2_000);
  expect(passcodes.wasCopied("a1")).toBe(false);
});

test("a counter-based account shows, then copies, then shows the next", async () => {
  const { passcodes, asked } = await shown([timed, counted]);
  expect(passcodes.of("a3")).toBeNull();
  await passcodes.tap(counted);
  const first = passcodes.of("a3");
  expect(first).toMatchObject({ kind: "counted", copied: false });
  await passcodes.tap(counted);
  expect(asked("copyPasscode")).toBe(1);
  expect(passcodes.of("a3")).toMatchObject({ code: first?.code, copied: true });
  await passcodes.tap(counted);
  expect(asked("nextPasscode")).toBe(2);
  expect(passcodes.of("a3")).toMatchObject({ copied: false });
});

test("no passcode is asked for an account that does not work here", async () => {
  const { asked } = await shown([accountView({ state: "needs_reactivating" }), counted]);
  expect(asked("passcodes")).toBe(0);
});

test("an account that was removed, and a lock, leave nothing behind", async () => {
  const { passcodes } = await shown();
  passcodes.know([], false);
  expect(passcodes.of("a1")).toBeNull();
  passcodes.know([timed], false);
  await settled();
  passcodes.forget();
  expect(passcodes.of("a1")).toBeNull();
});

test("a passcode is asked for while some part of the window shows its account", async () => {
  const { passcodes, asked } = await shown();
  passcodes.want("account", ["a1"]);
  passcodes.want("list", []);
  expect(passcodes.of("a1")).not.toBeNull();
  passcodes.want("account", []);
  expect(passcodes.of("a1")).toBeNull();
  passcodes.want("list", ["a1"]);
  await settled();
  expect(asked("passcodes")).toBe(2);
});

describe("hidden until tapped", () => {
  test("u2_nothing_is_asked_for_before_the_tap_and_the_first_tap_copies_nothing", async () => {
    const { passcodes, asked } = await shown([timed], true);
    expect([passcodes.of("a1"), asked("passcodes")]).toEqual([null, 0]);
    await passcodes.tap(timed);
    await settled();
    expect(passcodes.of("a1")).toMatchObject({ code: "482913" });
    expect(asked("copyPasscode")).toBe(0);
    await passcodes.tap(timed);
    expect(asked("copyPasscode")).toBe(1);
  });

  test("u2_it_hides_again_after_thirty_seconds", async () => {
    const { clock, passcodes } = await shown([timed], true);
    await passcodes.tap(timed);
    await settled();
    clock.pass(29_999);
    await settled();
    expect(passcodes.of("a1")).not.toBeNull();
    clock.pass(1);
    expect(passcodes.of("a1")).toBeNull();
  });

  test("a counter's passcode that was not used comes back, and no other one is used up", async () => {
    const { clock, passcodes, asked } = await shown([counted], true);
    await passcodes.tap(counted);
    const first = passcodes.of("a3");
    clock.pass(30_000);
    expect(passcodes.of("a3")).toBeNull();
    await passcodes.tap(counted);
    expect(passcodes.of("a3")).toEqual(first);
    expect(asked("nextPasscode")).toBe(1);
  });

  test("turning it on hides what is shown", async () => {
    const { passcodes } = await shown();
    expect(passcodes.of("a1")).not.toBeNull();
    passcodes.know([timed], true);
    expect(passcodes.of("a1")).toBeNull();
  });
});
