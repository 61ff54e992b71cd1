import { afterEach, describe, expect, test } from "vitest";
import { accountView } from "../host/fake";
import type { StopCause } from "../host/generated/StopCause";
import { CATALOGUES, speak } from "./index";
import { stoppedWords, wayOn } from "./stopped";

afterEach(() => void speak(["en"]));

const CAUSES: Record<StopCause, true> = {
  replaced: true,
  removed: true,
  disabled: true,
  copied: true,
  desk: true,
  not_me: true,
  moved: true,
  suspended: true,
  refused: true,
};
const causes = Object.keys(CAUSES) as StopCause[];
const NOW = new Date(2026, 2, 4, 9, 0).getTime();
const at = new Date(2026, 2, 3, 14, 10).getTime();
const stopped = (cause: StopCause, at_ms: string | null = String(at), device: string | null = null) => ({ cause, at_ms, device });

describe.each(CATALOGUES.map(({ tag }) => tag))("in %s", (tag) => {
  test("each cause has words of its own, with a time and without", () => {
    speak([tag]);
    for (const time of [null, String(at)]) {
      const titles = causes.map((cause) => stoppedWords(stopped(cause, time), NOW));
      expect(new Set(titles.map(({ title }) => title)).size).toBe(causes.length);
      expect(titles.every(({ body }) => /[^.:]\.$/.test(body))).toBe(true);
    }
  });
});

test("who took over is named, and when", () => {
  expect(stoppedWords(stopped("replaced", String(at), "Ward phone"), NOW).body).toBe(
    "Countersign on another phone, “Ward phone”, took over this account: yesterday, 14:10.",
  );
  expect(stoppedWords(stopped("copied"), NOW)).toEqual({
    title: "Two phones used the same keys",
    body: "So both were stopped: yesterday, 14:10. Reactivate the one you keep.",
  });
});

test("a restored phone is told of nothing that a service said", () => {
  expect(stoppedWords(null, NOW).body).toMatch(/restored/);
});

test("one button leads on, and none where nothing on this phone helps", () => {
  const way = (cause: StopCause) => wayOn(accountView({ state: "needs_reactivating", stopped: stopped(cause) }));
  expect(causes.filter((cause) => way(cause) === null)).toEqual(["disabled", "moved"]);
  expect([way("replaced"), way("removed"), way("copied")]).toEqual(["Reactivate here", "Add this phone again", "Reactivate"]);
});
