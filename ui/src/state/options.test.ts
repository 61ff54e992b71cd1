import { expect, test } from "vitest";
import { FakeHost, openView, settingsView } from "../host/fake";
import type { AppView } from "../host/generated/AppView";
import { problem } from "../host/problem";
import { CheckUp } from "./checkup.svelte";
import { Options } from "./options.svelte";
import { Preferences } from "./preferences.svelte";

function options() {
  const host = new FakeHost(openView());
  const it: Options = new Options(host, (view: AppView) => {
    if (view.at === "open") it.show(view.settings);
  });
  it.show(settingsView());
  return { host, it };
}

test("a switch moves at once and stays when the host agrees", async () => {
  const { it } = options();
  const changing = it.change({ hide_passcodes: true });
  expect(it.now?.hide_passcodes).toBe(true);
  await changing;
  expect(it.now).toEqual(settingsView({ hide_passcodes: true }));
});

test("a switch moves back when the host refuses, and that is said", async () => {
  const { host, it } = options();
  host.failing.changeSettings = problem("older_copy");
  await it.change({ hide_passcodes: true });
  expect([it.now?.hide_passcodes, it.problem?.code]).toEqual([false, "older_copy"]);
});

test("two changes in a row are both kept", async () => {
  const { host, it } = options();
  await Promise.all([it.change({ hide_passcodes: true }), it.change({ lock_after: "straight_away" })]);
  expect(it.now).toEqual(settingsView({ hide_passcodes: true, lock_after: "straight_away" }));
  expect(host.calls).toHaveLength(2);
});

test("while the app is locked there is nothing to change", async () => {
  const { host, it } = options();
  it.forget();
  await it.change({ hide_passcodes: true });
  expect([it.now, host.calls]).toEqual([null, []]);
});

test("the check-up tells what it found and what is in order", async () => {
  const host = new FakeHost(openView());
  host.checks = [{ kind: "offline", account_id: null, number: null }];
  const checkUp = new CheckUp(host);
  expect(checkUp.found).toBeNull();
  await checkUp.run();
  expect(checkUp.found).toEqual(host.checks);
  expect(checkUp.inOrder).not.toContain("offline");
  expect(checkUp.inOrder).toContain("clock_wrong");
});

test("theme and language are kept, and what is kept but unknown is the system's", () => {
  const kept = new Map([["countersign.language", "fr"]]);
  const store = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) };
  const first = new Preferences(store);
  expect([first.theme, first.language]).toEqual(["system", "system"]);
  first.chooseTheme("dark");
  first.chooseLanguage("de");
  const second = new Preferences(store);
  expect([second.theme, second.language]).toEqual(["dark", "de"]);
});
