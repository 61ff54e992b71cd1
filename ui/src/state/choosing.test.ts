import { describe, expect, test } from "vitest";
import { FakeHost, firstView } from "../host/fake";
import type { AppView } from "../host/generated/AppView";
import type { UnlockMethod } from "../host/generated/UnlockMethod";
import { problem } from "../host/problem";
import { Choosing, isGuessable } from "./choosing.svelte";

function begin(method: UnlockMethod = "pin") {
  const host = new FakeHost(firstView({ unlock_with: method }));
  const made: AppView[] = [];
  const setup = new Choosing(host, method, async (secret) => void made.push(await host.createVault(secret)));
  return { host, made, setup };
}

test.each(["123456", "654321", "000000", "777777", "890123", "121212", "112211", "123123"])(
  "%s is refused before it is typed twice",
  async (pin) => {
    const { host, setup } = begin();
    await setup.type(pin);
    expect(setup.fault).toEqual({ is: "weak", secret: pin });
    expect(setup.step.at).toBe("choose");
    expect(setup.typed).toBe("");
    expect(host.calls).toEqual([]);
  },
);

test.each(["271828", "904417", "135792"])("%s is not called guessable", (pin) => {
  expect(isGuessable(pin)).toBe(false);
});

test("a PIN typed twice makes the vault", async () => {
  const { host, setup, made } = begin();
  await setup.type("271828");
  expect(setup.step.at).toBe("again");
  await setup.type("271828");
  expect(host.secret).toBe("271828");
  expect(made).toHaveLength(1);
});

test("two different PINs start again and make nothing", async () => {
  const { host, setup } = begin();
  await setup.type("271828");
  await setup.type("271829");
  expect(setup.step.at).toBe("choose");
  expect(setup.fault).toEqual({ is: "different" });
  expect(host.calls).toEqual([]);
});

test("back from the second typing goes to the first, and from there leaves", async () => {
  const { setup } = begin();
  await setup.type("271828");
  expect(setup.back()).toBe(true);
  expect(setup.step.at).toBe("choose");
  expect(setup.back()).toBe(false);
});

describe("a passphrase", () => {
  test("that is short is refused and stays to be added to", async () => {
    const { setup } = begin("passphrase");
    await setup.type("horse");
    await setup.submit();
    expect(setup.fault?.is).toBe("weak");
    expect(setup.typed).toBe("horse");
  });

  test("that is good enough is said to be while it is typed", async () => {
    const { setup } = begin("passphrase");
    await setup.type("tidal");
    expect(setup.strength?.enough).toBe(false);
    await setup.type("tidal orchard lamp seven");
    expect(setup.strength?.enough).toBe(true);
  });

  test("typed differently the second time stays to be mended", async () => {
    const { host, setup } = begin("passphrase");
    await setup.type("tidal orchard lamp seven");
    await setup.submit();
    await setup.type("tidal orchard lamp sevn");
    await setup.submit();
    expect([setup.fault?.is, setup.typed]).toEqual(["different", "tidal orchard lamp sevn"]);
    await setup.type("tidal orchard lamp seven");
    await setup.submit();
    expect(host.secret).toBe("tidal orchard lamp seven");
    expect(setup.typed).toBe("");
  });

  test("keeps its digits and spaces", async () => {
    const { host, setup } = begin("passphrase");
    for (let time = 0; time < 2; time += 1) {
      await setup.type("4 horses over a river");
      await setup.submit();
    }
    expect(host.secret).toBe("4 horses over a river");
  });
});

test("the host may find it weak, or fail, and says why", async () => {
  const { host, setup } = begin();
  host.failing.createVault = problem("weak_secret");
  await setup.type("271828");
  await setup.type("271828");
  expect(setup.fault).toEqual({ is: "weak", secret: "271828" });
  host.failing.createVault = problem("not_stored");
  await setup.type("271828");
  await setup.type("271828");
  expect(setup.fault).toEqual({ is: "refused", problem: problem("not_stored") });
});
