import { expect, test } from "vitest";
import { FakeHost, activityView, openView } from "../host/fake";
import { problem } from "../host/problem";
import { Activity, PAGE } from "./activity.svelte";
import { daysBetween } from "./days";
import { TestClock } from "./testing";

const at = (...when: [number, number, number, number?, number?]) => new Date(...when).getTime();

function activity(now = at(2026, 0, 5, 0, 30)) {
  const host = new FakeHost(openView());
  const clock = Object.assign(new TestClock(), { wall: () => now });
  return { host, activity: new Activity(host, clock) };
}

test("days are told by the calendar, not by hours", () => {
  expect(daysBetween(at(2026, 0, 4, 23, 59), at(2026, 0, 5, 0, 1))).toBe(1);
  expect(daysBetween(at(2026, 0, 5, 0, 1), at(2026, 0, 5, 23, 59))).toBe(0);
  // The day on which clocks are put forward is a day too.
  expect(daysBetween(at(2026, 2, 28, 12), at(2026, 2, 30, 12))).toBe(2);
});

test("entries stand under their day, newest first", async () => {
  const { host, activity: it } = activity();
  const times = [at(2026, 0, 5, 0, 10), at(2026, 0, 4, 23, 50), at(2026, 0, 4, 8), at(2025, 11, 30, 8)];
  host.happened = times.map((time, n) => activityView({ id: `n${n}`, at_ms: String(time) }));
  await it.load();
  expect(it.days.map(({ ago, entries }) => [ago, entries.map(({ id }) => id)])).toEqual([
    [0, ["n0"]],
    [1, ["n1", "n2"]],
    [6, ["n3"]],
  ]);
});

test("an entry from a clock that was ahead counts as today's", async () => {
  const { host, activity: it } = activity();
  host.happened = [activityView({ at_ms: String(at(2026, 0, 9, 8)) })];
  await it.load();
  expect(it.days.map(({ ago }) => ago)).toEqual([0]);
});

test("one account's own are found", async () => {
  const { host, activity: it } = activity();
  host.happened = [activityView({ id: "n1", account_id: "a1" }), activityView({ id: "n2", account_id: null })];
  await it.load();
  expect(it.of("a1").map(({ id }) => id)).toEqual(["n1"]);
  expect(it.find("n2")?.account_id).toBeNull();
});

test("what could not be read is said, and what was read stays", async () => {
  const { host, activity: it } = activity();
  host.happened = [activityView()];
  await it.load();
  host.failing.activity = problem("unforeseen");
  await it.load();
  expect([it.problem?.code, it.entries?.length]).toEqual(["unforeseen", 1]);
});

test("an answer that comes after the lock fell is dropped", async () => {
  const { host, activity: it } = activity();
  host.happened = [activityView()];
  const loading = it.load();
  it.forget();
  await loading;
  expect(it.entries).toBeNull();
});

test("of a long time only the newest entries are drawn, until older ones are asked for", async () => {
  const { host, activity: it } = activity();
  host.happened = Array.from({ length: PAGE + 1 }, (_, n) => activityView({ id: `n${n}`, at_ms: String(at(2026, 0, 4, 8)) }));
  await it.load();
  const drawn = () => it.days.reduce((sum, { entries }) => sum + entries.length, 0);
  expect([drawn(), it.hasOlder]).toEqual([PAGE, true]);
  it.showOlder();
  expect([drawn(), it.hasOlder]).toEqual([PAGE + 1, false]);
  expect(it.of("a1")).toHaveLength(PAGE + 1);
});
