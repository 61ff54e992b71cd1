import { afterEach, describe, expect, test } from "vitest";
import type { ForeignKind } from "../host/generated/ForeignKind";
import type { VaultFault } from "../host/generated/VaultFault";
import { PROBLEM_CODES, problem } from "../host/problem";
import { CATALOGUES, ago, dayName, inLine, m, sentence, speak } from "./index";
import { clockWords, faultWords, problemLine, problemWords, unusableWords } from "./problems";

afterEach(() => void speak(["en"]));

const FAULTS: Record<VaultFault, true> = {
  damaged: true,
  not_a_vault: true,
  too_new: true,
  unreadable: true,
  in_use: true,
};
const KINDS: Record<ForeignKind, true> = {
  web_link: true,
  contact_card: true,
  wifi: true,
  plain_text: true,
  broken_activation: true,
  broken_account: true,
};

describe.each(CATALOGUES.map(({ tag }) => tag))("in %s", (tag) => {
  test.each(PROBLEM_CODES)("%s says what happened, then what to do", (code) => {
    speak([tag]);
    const words = problemWords(problem(code, "devices.marlowe.example", 3));
    expect(words.title).not.toBe("");
    expect(words.body).toMatch(/[.?]$/);
    expect(problemLine(problem(code))).toMatch(/[.?]$/);
  });

  test("every fault of the file and every foreign code has its own words", () => {
    speak([tag]);
    const titles = Object.keys(FAULTS).map((fault) => faultWords(fault as VaultFault).title);
    expect(new Set(titles).size).toBe(titles.length);
    const bodies = Object.keys(KINDS).map((what) => unusableWords({ kind: "foreign", what: what as ForeignKind, host: null }).body);
    expect(new Set(bodies).size).toBe(bodies.length);
  });

  test("the voice is kept: no exclamation marks, none of the words we avoid", () => {
    speak([tag]);
    const avoided = /!|\b(OTP|HOTP|TOTP|token|enrol|credential|secret|sync|invalid|failed|oops)\b/i;
    expect(sentences(m).filter((text) => avoided.test(text))).toEqual([]);
  });
});

test("no sentence was left in English", () => {
  const [english, german] = CATALOGUES.map((catalogue) => sentences(catalogue));
  const same = (german ?? []).filter((text, at) => text === english?.[at] && /\p{L}{2}/u.test(text) && text.includes(" "));
  expect(same).toEqual([]);
});

test("the person's first language that we speak is taken", () => {
  expect(speak(["fr-CA", "de-AT", "en"]).tag).toBe("de");
  expect(speak(["fr"]).tag).toBe("en");
});

test("days are said by name, and in the middle of a line with a small letter", () => {
  const at = (...when: [number, number, number, number]) => new Date(...when).getTime();
  const now = at(2026, 0, 5, 9);
  expect([at(2026, 0, 5, 8), at(2026, 0, 4, 23), at(2026, 0, 2, 8), at(2025, 11, 30, 8)].map((when) => dayName(when, now))).toEqual([
    "Today",
    "Yesterday",
    "2 January",
    "30 December 2025",
  ]);
  expect(inLine(dayName(now, now))).toBe("today");
  speak(["de"]);
  expect([dayName(at(2026, 0, 2, 8), now), inLine(dayName(now, now))]).toEqual(["2. Januar", "heute"]);
});

test("a clock is called wrong by the minute, and right when it is right to the minute", () => {
  expect([clockWords(240), clockWords(-60), clockWords(29)]).toEqual([
    "This phone’s clock is 4 minutes fast",
    "This phone’s clock is 1 minute slow",
    null,
  ]);
});

test("a lock after wrong passwords is told as long as it lasts", () => {
  expect(m.entering.signIn.wrong(1, 32)).toBe("Check Caps Lock. After 1 more try your account locks for 32 minutes.");
  expect(m.entering.signIn.wrong(2, null)).toContain("locks for a while.");
  speak(["de"]);
  expect(m.entering.signIn.wrong(1, 32)).toBe("Prüfen Sie die Feststelltaste. Nach 1 weiteren Versuch wird Ihr Konto 32 Minuten gesperrt.");
});

test("ages are said in words", () => {
  expect([ago(0), ago(20.4), ago(61), ago(130)]).toEqual(["just now", "20 seconds ago", "1 minute ago", "2 minutes ago"]);
  expect(sentence(ago(3))).toBe("Just now");
});

/** Every sentence of a catalogue, those with places filled in with samples. */
function sentences(part: unknown): string[] {
  if (typeof part === "string") return [part];
  if (typeof part === "function") return [String(part(2, 3, 4, 5))];
  return Object.values(part as Record<string, unknown>).flatMap(sentences);
}
