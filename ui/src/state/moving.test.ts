import { expect, test } from "vitest";
import { FakeHost, openView } from "../host/fake";
import type { MoveStep } from "../host/generated/MoveStep";
import { problem } from "../host/problem";
import { Moving } from "./moving.svelte";

const standing = (step: MoveStep, revision: string, account = "a1") => ({ account_id: account, step, revision });
const shown: MoveStep = { at: "shown", picture: "data:,", left_ms: 600_000 };
const compare: MoveStep = { at: "compare", model: "Pixel 8", check: "402915" };
const moved: MoveStep = { at: "moved" };

async function begun(prepare: (host: FakeHost) => void = () => undefined) {
  const host = new FakeHost(openView());
  host.movable = {
    accounts: ["a1", "a2"].map((id) => ({ id, title: id, account: "", can_move: true })),
    others: 1,
    under_way: null,
  };
  prepare(host);
  const moving = new Moving(host, "pin", () => new Promise((done) => setTimeout(done, 1)));
  await moving.begin();
  return { host, moving, acts: () => host.calls.filter(([name]) => name === "actOnMove").map(([, act]) => act) };
}

const settle = () => new Promise((done) => setTimeout(done, 5));

test("the code, the digits, the new phone’s yes, and then the next account", async () => {
  const { host, moving, acts } = await begun((fake) => (fake.standings = [standing(shown, "1"), standing(compare, "2")]));
  await moving.show();
  await settle();
  expect(moving.step).toEqual(compare);
  host.standings = [
    standing({ at: "finishing" }, "3"),
    standing({ at: "testing", device: "New phone", arrived: false }, "4"),
    standing(moved, "5"),
  ];
  await moving.same();
  await settle();
  expect(acts()).toEqual(["same"]);
  expect(moving.step).toEqual(moved);
  expect(moving.left.map(({ id }) => id)).toEqual(["a2"]);
  host.standings = [standing(shown, "6", "a2")];
  await moving.show();
  expect(host.calls.filter(([name]) => name === "beginMove").map(([, id]) => id)).toEqual(["a1", "a2"]);
});

test("without a PIN of just now it is asked for, and the code comes after it", async () => {
  const { host, moving } = await begun((fake) => {
    fake.failing.beginMove = problem("fresh_unlock");
    fake.standings = [standing(shown, "1")];
  });
  await moving.show();
  expect(moving.problem).toBeNull();
  expect(moving.confirming).not.toBeNull();
  delete host.failing.beginMove;
  await moving.confirming?.type(host.secret);
  await settle();
  expect(moving.step).toEqual(shown);
});

test("other digits stop it, and say so", async () => {
  const { host, moving, acts } = await begun((fake) => (fake.standings = [standing(compare, "1")]));
  await moving.show();
  host.standings = [standing({ at: "over" }, "2")];
  await moving.differs();
  expect(acts()).toEqual(["stop"]);
  expect([moving.step?.at, moving.ended]).toEqual(["over", "foreign"]);
});

test("leaving the page closes a code that nobody looks at, and leaves alone what came of one", async () => {
  const one = await begun((fake) => (fake.standings = [standing(shown, "1")]));
  await one.moving.show();
  expect(one.moving.back()).toBe(false);
  expect(one.acts()).toEqual(["stop"]);
  const other = await begun((fake) => (fake.standings = [standing({ at: "testing", device: "New phone", arrived: true }, "1")]));
  await other.moving.show();
  other.moving.leave();
  expect(other.acts()).toEqual([]);
});

test("a service that is down is asked again, and another refusal waits for the person", async () => {
  const { host, moving } = await begun((fake) => (fake.standings = [standing(shown, "1")]));
  host.failing.moveNews = problem("service_down");
  host.standings.push(standing(compare, "2"));
  await moving.show();
  await settle();
  expect(moving.problem?.code).toBe("service_down");
  delete host.failing.moveNews;
  await settle();
  expect([moving.problem, moving.step]).toEqual([null, compare]);
  host.failing.moveNews = problem("service_refused");
  host.standings.push(standing(compare, "2"));
  moving.again();
  await settle();
  expect(moving.problem?.code).toBe("service_refused");
});

test("what was under way before a lock goes on", async () => {
  const under = standing({ at: "testing", device: "New phone", arrived: true }, "1");
  const { moving } = await begun((fake) => {
    fake.movable = { ...fake.movable, under_way: under };
    fake.standings = [standing(moved, "2")];
  });
  await settle();
  expect(moving.step).toEqual(moved);
});

/** An answer that comes when the test says so. */
function held<T>() {
  let give: (value: T) => void = () => undefined;
  const answer = new Promise<T>((done) => (give = done));
  return { answer, give };
}

test("a stop goes out while a yes is under way, whose late answer counts no more", async () => {
  const { host, moving } = await begun((fake) => (fake.standings = [standing(compare, "1")]));
  await moving.show();
  const yes = held<ReturnType<typeof standing>>();
  const acts: string[] = [];
  host.actOnMove = async (act) => {
    acts.push(act);
    return act === "same" ? yes.answer : standing({ at: "over" }, "3");
  };
  const same = moving.same();
  await moving.differs();
  expect(acts).toEqual(["same", "stop"]);
  yes.give(standing({ at: "finishing" }, "2"));
  await same;
  expect([moving.step?.at, moving.ended, moving.busy]).toEqual(["over", "foreign", false]);
});

test("a stop that came too late says nothing of being stopped", async () => {
  const { host, moving } = await begun((fake) => (fake.standings = [standing(compare, "1")]));
  await moving.show();
  host.standings = [standing(moved, "2")];
  await moving.differs();
  expect([moving.step?.at, moving.ended]).toEqual(["moved", null]);
});

test("what the person stopped is told as stopped, until the next code", async () => {
  const { host, moving } = await begun((fake) => (fake.standings = [standing({ at: "testing", device: "New", arrived: true }, "1")]));
  await moving.show();
  host.standings = [standing({ at: "over" }, "2")];
  await moving.stop();
  expect(moving.ended).toBe("stopped");
  host.standings = [standing(shown, "3")];
  await moving.show();
  expect(moving.ended).toBeNull();
});

test("a code that comes after the page was left is stopped, and not looked at", async () => {
  const one = await begun();
  const code = held<ReturnType<typeof standing>>();
  one.host.beginMove = () => code.answer;
  const showing = one.moving.show();
  one.moving.leave();
  code.give(standing(shown, "1"));
  await showing;
  expect([one.acts(), one.moving.step]).toEqual([["stop"], null]);
  expect(one.host.calls.map(([name]) => name)).not.toContain("moveNews");

  const other = await begun();
  const found = held<FakeHost["movable"]>();
  other.host.moveView = () => found.answer;
  const beginning = other.moving.begin();
  other.moving.leave();
  found.give({ ...other.host.movable, under_way: standing(compare, "1") });
  await beginning;
  expect([other.acts(), other.moving.step]).toEqual([["stop"], null]);

  const last = await begun((fake) => (fake.standings = [standing({ at: "untested", device: "New", denied: true, arrived: true }, "1")]));
  await last.moving.show();
  const again = held<ReturnType<typeof standing>>();
  last.host.actOnMove = () => again.answer;
  const testing = last.moving.testAgain();
  last.moving.leave();
  again.give(standing({ at: "testing", device: "New", arrived: false }, "2"));
  await testing;
  expect(last.moving.step).toBeNull();
});

test("the account that the person chose is moved, also after the PIN, and again when its code is over", async () => {
  const { host, moving } = await begun((fake) => {
    fake.failing.beginMove = problem("fresh_unlock");
    fake.standings = [standing(shown, "1", "a2"), standing({ at: "over" }, "2", "a2")];
  });
  expect(moving.next?.id).toBe("a1");
  await moving.show("a2");
  delete host.failing.beginMove;
  await moving.confirming?.type(host.secret);
  await settle();
  expect([moving.step?.at, moving.next?.id]).toEqual(["over", "a2"]);
  expect(host.calls.filter(([name]) => name === "beginMove").map(([, id]) => id)).toEqual(["a2", "a2"]);
});

test("a move that the host does not know is looked for once more", async () => {
  const { host, moving } = await begun((fake) => (fake.standings = [standing(compare, "1")]));
  host.failing.moveNews = problem("draft_gone");
  host.standings.push(standing(compare, "2"));
  await moving.show();
  await settle();
  expect([moving.step, moving.problem]).toEqual([null, null]);
  expect(host.calls.filter(([name]) => name === "moveView")).toHaveLength(2);
});

test("a service that has news with every answer is asked after a pause each time", async () => {
  const happened: string[] = [];
  const host = new FakeHost(openView());
  host.standings = [standing(shown, "0")];
  const later = () => new Promise<void>((done) => setTimeout(done, 1));
  host.moveNews = async (seen) => {
    happened.push("asked");
    await later();
    return standing(compare, String(Number(seen) + 1));
  };
  const moving = new Moving(host, "pin", async (ms) => {
    happened.push(`waited ${ms}`);
    await later();
  });
  await moving.show("a1");
  await new Promise((done) => setTimeout(done, 30));
  moving.leave();
  expect(happened.length).toBeGreaterThan(3);
  expect(happened.slice(0, 4)).toEqual(["asked", "waited 300", "asked", "waited 300"]);
});
