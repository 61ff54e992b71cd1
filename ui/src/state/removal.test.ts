import { expect, test } from "vitest";
import { FakeHost, accountView, openView } from "../host/fake";
import { problem } from "../host/problem";
import { Ticker } from "./clock.svelte";
import { Removal, UNDO_MS } from "./removal.svelte";
import { TestClock } from "./testing";

const account = accountView({ title: "Gym" });

function removal() {
  const host = new FakeHost(openView({ accounts: [account] }));
  const clock = new TestClock();
  let changes = 0;
  const made = new Removal(host, new Ticker(clock), async () => void (changes += 1));
  return { host, clock, removal: made, changes: () => changes };
}

test("what was removed can be taken back for a while, and then no longer here", async () => {
  const { host, clock, removal: it } = removal();
  it.ask(account);
  expect(await it.confirm()).toBe(true);
  expect([it.asking, it.undoable?.title]).toEqual([null, "Gym"]);
  clock.pass(UNDO_MS - 1);
  expect(it.undoable).not.toBeNull();
  clock.pass(1);
  expect(it.undoable).toBeNull();
  expect(host.calls.map(([name]) => name)).toEqual(["remove"]);
});

test("undoing puts it back and says nothing more", async () => {
  const { host, removal: it, changes } = removal();
  it.ask(account);
  await it.confirm();
  await it.putBack(account.id);
  expect([it.undoable, it.problem, changes()]).toEqual([null, null, 2]);
  expect(host.calls.at(-1)).toEqual(["undoRemove", "a1"]);
});

test("undoing that is refused is said", async () => {
  const { host, removal: it } = removal();
  host.failing.undoRemove = problem("account_gone");
  await it.putBack(account.id);
  expect(it.problem?.code).toBe("account_gone");
});

test("deleting for good is asked apart and offers no way back", async () => {
  const { host, removal: it } = removal();
  it.ask(account, true);
  expect(await it.confirm()).toBe(true);
  expect([host.calls.at(-1), it.undoable]).toEqual([["deleteForGood", "a1"], null]);
});

test("a refusal keeps the question open, and it can be answered again", async () => {
  const { host, removal: it } = removal();
  host.failing.remove = problem("not_stored");
  it.ask(account);
  expect(await it.confirm()).toBe(false);
  expect(it.asking).toMatchObject({ busy: false, problem: { code: "not_stored" } });
  delete host.failing.remove;
  expect(await it.confirm()).toBe(true);
});

test("a lock forgets the question and the offer", async () => {
  const { removal: it } = removal();
  it.ask(account);
  await it.confirm();
  it.ask(account, true);
  it.forget();
  expect([it.asking, it.undoable]).toEqual([null, null]);
});
