import { describe, expect, test } from "vitest";
import { FakeHost, openView, requestView } from "../host/fake";
import type { AnswerResult } from "../host/generated/AnswerResult";
import type { RequestView } from "../host/generated/RequestView";
import { problem } from "../host/problem";
import { Answering, GUARD_MS } from "./answering.svelte";
import { Ticker } from "./clock.svelte";
import { TestClock } from "./testing";

function ask(changes: Partial<RequestView> = {}, ...results: AnswerResult[]) {
  const request = requestView(changes);
  const host = new FakeHost(openView({ requests: [request] }));
  host.results = results;
  const clock = new TestClock();
  const ticker = new Ticker(clock);
  const answering = new Answering(host, ticker, request, clock.steady() + request.left_ms);
  ticker.onTick(() => answering.check());
  const answers = () => host.calls.filter(([name]) => name === "answer").map(([, , answer]) => answer);
  return { host, clock, answering, answers };
}

describe("the first moment", () => {
  test("taps before 700 ms are ignored, for Approve and for Deny", async () => {
    const { clock, answering, answers } = ask();
    await answering.approve();
    await answering.deny();
    clock.pass(GUARD_MS - 1);
    await answering.approve();
    await answering.deny();
    expect(answers()).toEqual([]);
    expect(answering.step.at).toBe("request");
  });

  test("at 700 ms a tap counts", async () => {
    const { clock, answering, answers } = ask();
    clock.pass(GUARD_MS);
    await answering.approve();
    expect(answers()).toEqual([{ say: "approve", number: null }]);
    expect(answering.step.at).toBe("approved");
  });
});

describe("the number", () => {
  test("keeps Approve off until every digit is there", async () => {
    const { clock, answering, answers } = ask({ number_digits: 3 });
    clock.pass(1_000);
    expect(answering.step.at).toBe("number");
    for (const typed of ["", "4", "47"]) {
      answering.type(typed);
      expect(answering.complete).toBe(false);
      await answering.approve();
    }
    expect(answers()).toEqual([]);
    answering.type("472");
    expect(answering.complete).toBe(true);
    await answering.approve();
    expect(answers()).toEqual([{ say: "approve", number: "472" }]);
  });

  test("is never sent by itself: pasting it only fills the boxes", () => {
    const { clock, answering, answers } = ask({ number_digits: 6 });
    clock.pass(1_000);
    answering.type("Number: 472 013\n");
    expect(answering.number).toBe("472013");
    expect(answers()).toEqual([]);
  });

  test("has as many digits as the request asks for, and no more", () => {
    const { answering } = ask({ number_digits: 3 });
    answering.type("47213");
    expect(answering.number).toBe("472");
  });

  test("that is wrong is cleared and says how many tries are left", async () => {
    const { clock, answering } = ask({ number_digits: 3 }, { is: "wrong_number", tries_left: 1 });
    clock.pass(1_000);
    answering.type("471");
    await answering.approve();
    expect(answering.step).toEqual({ at: "number", triesLeft: 1 });
    expect(answering.number).toBe("");
    expect(answering.complete).toBe(false);
  });

  test("wrong too often closes the request", async () => {
    const { clock, answering } = ask({ number_digits: 3 }, { is: "wrong_number", tries_left: 0 });
    clock.pass(1_000);
    answering.type("471");
    await answering.approve();
    expect(answering.step.at).toBe("too-many-wrong");
  });

  test("is not needed to deny", async () => {
    const { clock, answering, answers } = ask({ number_digits: 3 });
    clock.pass(1_000);
    await answering.deny();
    expect(answers()).toEqual([{ say: "deny" }]);
    expect(answering.step.at).toBe("denied");
  });
});

describe("time", () => {
  test("counts down and closes the request by itself", () => {
    const { clock, answering } = ask({ left_ms: 47_000 });
    expect(answering.secondsLeft).toBe(47);
    clock.pass(46_001);
    expect([answering.secondsLeft, answering.step.at]).toEqual([1, "request"]);
    clock.pass(999);
    expect([answering.secondsLeft, answering.step.at]).toEqual([0, "expired"]);
  });

  test("does not take an answer away that is on its way", async () => {
    const { host, clock, answering } = ask({ left_ms: 5_000 });
    let arrive: (value: { id: string; result: AnswerResult }) => void = () => undefined;
    host.answer = () => new Promise((resolve) => (arrive = resolve));
    clock.pass(1_000);
    const sent = answering.approve();
    clock.pass(6_000);
    expect(answering.step.at).toBe("request");
    arrive({ id: "r1", result: { is: "approved" } });
    await sent;
    expect(answering.step.at).toBe("approved");
  });
});

test("an answer is sent once, however often the button is pressed", async () => {
  const { clock, answering, answers } = ask();
  clock.pass(1_000);
  await Promise.all([answering.approve(), answering.approve(), answering.deny()]);
  expect(answers()).toHaveLength(1);
});

describe("without a connection", () => {
  test("the same answer can be sent again", async () => {
    const { clock, answering, answers } = ask({}, { is: "offline" }, { is: "approved" });
    clock.pass(1_000);
    await answering.approve();
    expect(answering.step.at).toBe("offline");
    await answering.retry();
    expect(answering.step.at).toBe("approved");
    expect(answers()).toEqual([
      { say: "approve", number: null },
      { say: "approve", number: null },
    ]);
  });

  test("the request still runs out", async () => {
    const { clock, answering } = ask({ left_ms: 10_000 }, { is: "offline" });
    clock.pass(1_000);
    await answering.deny();
    clock.pass(9_000);
    expect(answering.step.at).toBe("expired");
  });
});

describe("a request that is gone", () => {
  test("while time was left was answered elsewhere", () => {
    const { answering } = ask();
    answering.gone(null);
    expect(answering.step).toEqual({ at: "elsewhere", by: null });
  });

  test("and the device that answered is known is said so, also at its end or after a late answer of ours", async () => {
    const by = { id: "r1", device: "Ward tablet", approved: true, at_ms: "1" };
    const { clock, answering } = ask({ left_ms: 10_000 });
    clock.pass(9_500);
    answering.gone(by);
    expect(answering.step).toEqual({ at: "elsewhere", by });
    const late = ask();
    late.host.results = [{ is: "answered_elsewhere" }];
    late.clock.pass(1_000);
    await late.answering.deny();
    expect(late.answering.step).toEqual({ at: "elsewhere", by: null });
    late.answering.gone(by);
    expect(late.answering.step).toEqual({ at: "elsewhere", by });
  });

  test("at its end ran out", () => {
    const { clock, answering } = ask({ left_ms: 10_000 });
    clock.pass(9_500);
    answering.gone(null);
    expect(answering.step.at).toBe("expired");
  });

  test("because of our own answer changes nothing", async () => {
    const { clock, answering } = ask();
    clock.pass(1_000);
    await answering.deny();
    answering.gone(null);
    expect(answering.step.at).toBe("denied");
  });
});

describe("this wasn't me", () => {
  test("reports after a denial", async () => {
    const { clock, answering, answers } = ask();
    clock.pass(1_000);
    await answering.deny();
    await answering.report();
    expect(answers()).toEqual([{ say: "deny" }, { say: "report" }]);
    expect(answering.step.at).toBe("reported");
    expect(answering.denied).toBe(true);
  });

  test("is never called reported when the report did not arrive", async () => {
    const { host, clock, answering } = ask();
    clock.pass(1_000);
    await answering.deny();
    host.failing.answer = problem("service_down");
    await answering.report();
    expect(answering.step).toMatchObject({ at: "denied", reporting: false, problem: { code: "service_down" } });
    delete host.failing.answer;
    await answering.report();
    expect(answering.step.at).toBe("reported");
  });

  test("is not offered while the question stands", async () => {
    const { clock, answering, answers } = ask();
    clock.pass(1_000);
    await answering.report();
    expect(answers()).toEqual([]);
  });
});

test.each([
  [{ is: "expired" }, "expired"],
  [{ is: "answered_elsewhere" }, "elsewhere"],
  [{ is: "refused" }, "refused"],
] satisfies [AnswerResult, string][])("%o is shown as %s", async (result, at) => {
  const { clock, answering } = ask({}, result);
  clock.pass(1_000);
  await answering.approve();
  expect(answering.step.at).toBe(at);
});

test.each([
  ["service_down", "offline"],
  ["request_gone", "elsewhere"],
  ["unforeseen", "refused"],
] as const)("the refusal %s is shown as %s", async (code, at) => {
  const { host, clock, answering } = ask();
  host.failing.answer = problem(code);
  clock.pass(1_000);
  await answering.approve();
  expect(answering.step.at).toBe(at);
});

describe("asking before approving", () => {
  async function asked(...results: AnswerResult[]) {
    const made = ask({}, ...results);
    made.host.failing.answer = problem("fresh_unlock");
    made.clock.pass(GUARD_MS);
    await made.answering.approve();
    delete made.host.failing.answer;
    return made;
  }

  test("keeps the request on screen and asks for the PIN", async () => {
    const { answering } = await asked();
    expect([answering.step.at, answering.confirming?.method]).toEqual(["request", "pin"]);
  });

  test("sends the same answer once the PIN was right", async () => {
    const { answering, answers } = await asked();
    await answering.confirming?.type("271828");
    await expect.poll(() => answering.step.at).toBe("approved");
    expect(answers()).toEqual([
      { say: "approve", number: null },
      { say: "approve", number: null },
    ]);
    expect(answering.confirming).toBeNull();
  });

  test("sends nothing for a wrong PIN, and nothing while the question waits", async () => {
    const { answering, answers } = await asked();
    await answering.confirming?.type("111111");
    await answering.approve();
    await answering.deny();
    expect(answers()).toHaveLength(1);
    expect(answering.confirming?.problem?.code).toBe("wrong_secret");
  });

  test("takes no digit of the PIN for the number, nor deletes one", async () => {
    const { host, clock, answering } = ask({ number_digits: 3 });
    host.failing.answer = problem("fresh_unlock");
    clock.pass(GUARD_MS);
    answering.type("472");
    await answering.approve();
    answering.type("47");
    expect([answering.number, answering.confirming === null]).toEqual(["472", false]);
  });

  test("can be given up: the request still waits", async () => {
    const { answering } = await asked();
    answering.stopConfirming();
    expect([answering.confirming, answering.open]).toEqual([null, true]);
  });

  test("ends with the request", async () => {
    const { clock, answering } = await asked();
    clock.pass(60_000);
    expect([answering.confirming, answering.step.at]).toEqual([null, "expired"]);
  });
});
