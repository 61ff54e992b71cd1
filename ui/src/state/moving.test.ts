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
  expect([moving.step?.at, moving.foreign]).toEqual(["over", true]);
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
