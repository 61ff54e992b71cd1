import { expect, test } from "vitest";
import { FakeHost } from "../host/fake";
import { Ticker } from "./clock.svelte";
import { Lock } from "./lock.svelte";
import { TestClock } from "./testing";

test("x", async () => {
  const host = new FakeHost({ at: "locked", unlock_with: "pin", tries_left: null, wait_seconds: 0 });
  const lock = new Lock(host, new Ticker(new TestClock()), () => undefined);
  await lock.type("111111");
  expect(lock.typed).toBe("");
});
