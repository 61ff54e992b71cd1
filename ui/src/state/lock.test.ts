import { describe, expect, test } from "vitest";
import { FakeHost, lockedView, openView } from "../host/fake";
import type { AppView } from "../host/generated/AppView";
import { problem } from "../host/problem";
import { Ticker } from "./clock.svelte";
import { Lock } from "./lock.svelte";
import { TestClock } from "./testing";

function locked(changes: Parameters<typeof lockedView>[0] = {}) {
  const view = lockedView(changes);
  const host = new FakeHost(view);
  const clock = new TestClock();
  const opened: AppView[] = [];
  const lock = new Lock(host, new Ticker(clock), (next) => opened.push(next));
  lock.show(view);
  return { host, clock, lock, opened };
}
const tries = (host: FakeHost) => host.calls.filter(([name]) => name === "unlock").length;

describe("a PIN", () => {
  test("goes off by itself when it is full, and opens the app", async () => {
    const { host, lock, opened } = locked();
    await lock.type("27182");
    expect(tries(host)).toBe(0);
    await lock.type("271828");
    expect(opened).toEqual([openView()]);
    expect(lock.typed).toBe("");
  });

  test("may be pasted with spaces, and takes no more than six digits", async () => {
    const { lock, opened } = locked();
    await lock.type(" 271 828 99");
    expect(opened).toHaveLength(1);
  });

  test("that is wrong is cleared, and the tries that are left are said", async () => {
    const { host, lock, opened } = locked();
    host.triesLeft = 3;
    await lock.type("111111");
    expect(opened).toEqual([]);
    expect([lock.wrong, lock.triesLeft, lock.typed, lock.waitSeconds]).toEqual([true, 2, "", 0]);
  });

  test("typed anew takes the complaint away", async () => {
    const { lock } = locked();
    await lock.type("111111");
    await lock.type("2");
    expect(lock.wrong).toBe(false);
  });
});

describe("the wait", () => {
  test("counts down in seconds and refuses tries until it is over", async () => {
    const { host, clock, lock, opened } = locked({ wait_seconds: 48 });
    expect(lock.waitSeconds).toBe(48);
    await lock.type("271828");
    expect(tries(host)).toBe(0);
    clock.pass(47_001);
    expect(lock.waitSeconds).toBe(1);
    clock.pass(999);
    expect(lock.waitSeconds).toBe(0);
    await lock.type("271828");
    expect(opened).toHaveLength(1);
  });

  test("begins when the host says so after a wrong one", async () => {
    const { host, lock } = locked();
    host.triesLeft = 1;
    await lock.type("111111");
    expect(lock.waitSeconds).toBe(60);
    expect(lock.repeated).toBe(false);
  });

  test("never appears for a view that asks for none, although the ticker is behind", () => {
    const clock = new TestClock();
    const lock = new Lock(new FakeHost(lockedView()), new Ticker(clock), () => undefined);
    clock.drift(150);
    lock.show(lockedView());
    expect(lock.waitSeconds).toBe(0);
  });

  test("that has grown is not called the first", async () => {
    const { lock } = locked({ wait_seconds: 240 });
    expect(lock.repeated).toBe(true);
  });
});

test("after the tenth wrong one nothing is tried any more", async () => {
  const { host, lock } = locked({ stopped: true });
  await lock.type("271828");
  expect(lock.stopped).toBe(true);
  expect(tries(host)).toBe(0);
});

test("the host's word that this was the tenth is shown", async () => {
  const { host, lock } = locked();
  host.failing.unlock = problem("must_wait");
  host.now = lockedView({ stopped: true });
  await lock.type("111111");
  expect([lock.stopped, lock.wrong, lock.waitSeconds]).toEqual([true, false, 0]);
});

test("a passphrase that is wrong stays, so that it can be mended", async () => {
  const { lock } = locked({ unlock_with: "passphrase" });
  await lock.type("correct hose");
  await lock.submit();
  expect([lock.wrong, lock.typed]).toEqual([true, "correct hose"]);
});

test("a keystore that cannot be reached is no wrong PIN", async () => {
  const { host, lock } = locked();
  host.failing.unlock = problem("keystore_unavailable");
  await lock.type("271828");
  expect([lock.wrong, lock.problem?.code]).toEqual([false, "keystore_unavailable"]);
});
