/** The sign-in prompt's state: what happens by itself, what the person does, and the ways out. */
import { expect, test } from "vitest";
import type { PromptView } from "../host/generated/self-service/PromptView";
import { FakePrompt, promptView } from "../host/prompt-fake";
import { Ticker } from "./clock.svelte";
import { Prompting } from "./prompting.svelte";
import { TestClock, settled } from "./testing";

async function prompting(changes: Partial<PromptView> = {}, prompt = new FakePrompt(promptView(changes))) {
  const clock = new TestClock();
  const self = new Prompting({ prompt, ticker: new Ticker(clock), pause: () => Promise.resolve() });
  await self.start();
  await settled();
  return { prompt, self, clock };
}

test("ph20 the default device is asked at once, and the page leaves once it said yes", async () => {
  const { prompt, self } = await prompting();
  expect(prompt.portal.calls).toContain("prove");
  expect(self.proving?.proof?.number).toBe("472");
  prompt.happens({ state: "confirmed", number: null });
  await settled();
  expect(prompt.left).toBe(1);
});

test("ph20 who wants to be asked is asked", async () => {
  const { prompt, self } = await prompting({ first: null });
  expect(prompt.portal.calls).not.toContain("prove");
  expect(self.proving?.step.at).toBe("ways");
});

test("a page that is loaded again goes on with the request that waits", async () => {
  const before = new FakePrompt();
  const proof = await before.prove({ way: "push", device: "d1" });
  before.shown = promptView({ first: null, proof });
  const { self } = await prompting({}, before);
  expect(self.proving?.step).toEqual({ at: "push", device: "d1" });
  expect(self.proving?.proof?.number).toBe("472");
  expect(before.portal.calls.filter((each) => each === "prove")).toHaveLength(1);
});

test("a denial leaves the prompt open, and it can be sent again", async () => {
  const { prompt, self } = await prompting();
  prompt.happens({ state: "denied", number: null });
  await settled();
  expect([self.proving?.state, self.stage, prompt.left]).toEqual(["denied", "open", 0]);
  void self.proving?.ask("push", "d1");
  await settled();
  expect(self.proving?.state).toBe("waiting");
});

test("another way ends the request that waits", async () => {
  const { prompt, self } = await prompting();
  self.back();
  await settled();
  expect(self.proving?.step.at).toBe("ways");
  expect(prompt.portal.calls).toContain("cancelProof");
});

test("a passcode confirms, a wrong one does not", async () => {
  const { prompt, self } = await prompting({ first: null });
  self.proving?.toPasscode();
  self.proving?.type("000000");
  await settled();
  expect(self.proving?.problem?.code).toBe("wrong_passcode");
  self.proving?.type("482913");
  await settled();
  expect(prompt.left).toBe(1);
});

test("who cannot confirm goes back to the application", async () => {
  const { prompt, self } = await prompting({ stage: "refused", why: "not_enrolled", ways: [], first: null });
  expect(self.proving).toBeNull();
  await self.giveUp();
  expect(prompt.left).toBe(1);
});

test("a prompt that ran out here is over, and its proof with it", async () => {
  const { self, clock } = await prompting({ expires_at: new TestClock().wall() + 5_000 });
  expect(self.stage).toBe("open");
  clock.pass(6_000);
  await settled();
  expect(self.stage).toBe("over");
  expect(self.proving).toBeNull();
});

test("an address that names no prompt, and another browser's prompt, are told alike", async () => {
  const none = new Prompting({ prompt: null, ticker: new Ticker(new TestClock()) });
  await none.start();
  const { self } = await prompting({}, new FakePrompt(null));
  expect([none.unknown, self.unknown]).toEqual([true, true]);
});

test("a service that is away is asked again", async () => {
  const prompt = new FakePrompt();
  prompt.down = true;
  const self = new Prompting({
    prompt,
    ticker: new Ticker(new TestClock()),
    pause: () => Promise.resolve(void (prompt.down = false)),
  });
  await self.start();
  await settled();
  expect(self.down).toBe(false);
  expect(self.proving?.step.at).toBe("push");
});
