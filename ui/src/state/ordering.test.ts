import { expect, test } from "vitest";
import { FakeHost, accountView, openView } from "../host/fake";
import { problem } from "../host/problem";
import { Ordering } from "./ordering.svelte";

const accounts = ["a", "b", "c", "d"].map((id) => accountView({ id, title: id.toUpperCase() }));

function ordering() {
  const host = new FakeHost(openView({ accounts }));
  let changes = 0;
  const made = new Ordering(host, accounts, async () => void (changes += 1));
  const order = () => made.accounts.map(({ id }) => id).join("");
  const kept = () => host.calls.filter(([name]) => name === "reorder").map(([, ids]) => (ids as string[]).join(""));
  return { host, ordering: made, order, kept, changes: () => changes };
}

test("an account moves to a place, is kept there, and the move is told", async () => {
  const { ordering: it, order, kept, changes } = ordering();
  await it.move("a", 2);
  expect([order(), kept(), changes()]).toEqual(["bcad", ["bcad"], 1]);
  expect(it.moved).toEqual({ title: "A", place: 3, of: 4 });
});

test("there is nowhere to go before the first and after the last", async () => {
  const { ordering: it, order, kept } = ordering();
  await it.move("a", -1);
  await it.move("d", 4);
  await it.move("b", 1);
  expect([order(), kept()]).toEqual(["abcd", []]);
});

test("a drag is kept once, when it is let go", async () => {
  const { ordering: it, order, kept } = ordering();
  it.drag("d");
  it.dragOver("c");
  it.dragOver("b");
  it.dragOver("d");
  expect([order(), kept()]).toEqual(["adbc", []]);
  await it.drop();
  expect([it.dragged, kept()]).toEqual([null, ["adbc"]]);
});

test("moves that come while one is kept become one more", async () => {
  const { ordering: it, kept } = ordering();
  const first = it.move("a", 1);
  const second = it.move("a", 2);
  const third = it.move("a", 3);
  await Promise.all([first, second, third]);
  expect(kept()).toEqual(["bacd", "bcda"]);
});

test("a refusal is said, and the host's order comes back with its next view", async () => {
  const { host, ordering: it, order } = ordering();
  host.failing.reorder = problem("not_stored");
  await it.move("a", 3);
  expect(it.problem?.code).toBe("not_stored");
  it.show(accounts);
  expect(order()).toBe("abcd");
});

test("a view that comes during a drag does not pull the account away", () => {
  const { ordering: it, order } = ordering();
  it.drag("a");
  it.dragOver("b");
  it.show(accounts);
  expect(order()).toBe("bacd");
});
