import { expect, test } from "vitest";
import { FakeHost, openView } from "../host/fake";
import type { AppView } from "../host/generated/AppView";
import type { UnlockMethod } from "../host/generated/UnlockMethod";
import { problem } from "../host/problem";
import { Changing } from "./changing.svelte";

function changing(method: UnlockMethod = "pin") {
  const host = new FakeHost(openView());
  const changed: AppView[] = [];
  const it = new Changing(host, method, (view) => changed.push(view));
  const current = () => {
    if (it.step.at !== "current") throw new Error(`the step is ${it.step.at}`);
    return it.step.confirming;
  };
  const next = () => {
    if (it.step.at !== "next") throw new Error(`the step is ${it.step.at}`);
    return it.step.choosing;
  };
  return { host, it, changed, current, next };
}

test("the current PIN, then a new one twice", async () => {
  const { host, it, changed, current, next } = changing();
  await current().type("271828");
  await next().type("904417");
  await next().type("904417");
  expect([it.step.at, host.secret, changed.length]).toEqual(["changed", "904417", 1]);
  expect(host.calls.map(([name]) => name)).toEqual(["confirmSecret", "changeSecret"]);
});

test("a wrong current PIN goes no further, leaves the field and says how many tries are left", async () => {
  const { it, current } = changing();
  const confirming = current();
  await confirming.type("111111");
  expect([it.step.at, confirming.typed, confirming.problem]).toEqual(["current", "", problem("wrong_secret", null, 4)]);
  await confirming.type("2");
  expect(confirming.problem).toBeNull();
});

test("what was typed leaves the field while the host works", async () => {
  const { host, current } = changing();
  const confirming = current();
  let seen = "";
  const { confirmSecret } = host;
  host.confirmSecret = (secret) => {
    seen = confirming.typed;
    return confirmSecret(secret);
  };
  await confirming.type("271828");
  expect(seen).toBe("");
});

test("a new one that the host finds weak is said where it is chosen", async () => {
  const { host, current, next } = changing();
  await current().type("271828");
  host.failing.changeSecret = problem("weak_secret");
  await next().type("904417");
  await next().type("904417");
  expect(next().fault).toEqual({ is: "weak", secret: "904417" });
  expect(host.secret).toBe("271828");
});

test("back leads from the repetition to the choice, to the current one, and out", async () => {
  const { it, current, next } = changing();
  await current().type("271828");
  await next().type("904417");
  expect([it.back(), next().step.at]).toEqual([true, "choose"]);
  expect([it.back(), it.step.at]).toEqual([true, "current"]);
  expect(it.back()).toBe(false);
});

test("a passphrase is rated before it is taken", async () => {
  const { host, current, next, it } = changing("passphrase");
  host.secret = "old words in a row";
  await current().type("old words in a row");
  await current().submit();
  await next().type("tidal");
  await next().submit();
  expect(next().fault?.is).toBe("weak");
  for (let time = 0; time < 2; time += 1) {
    await next().type("tidal orchard lamp seven");
    await next().submit();
  }
  expect([it.step.at, host.secret]).toEqual(["changed", "tidal orchard lamp seven"]);
});
