import { describe, expect, test } from "vitest";
import { FakeHost, openView } from "../host/fake";
import type { BackupView } from "../host/generated/BackupView";
import { problem } from "../host/problem";
import { settled } from "./testing";
import { TurningOn } from "./turningon.svelte";

const WORDS = "four words for tests";

async function chosen(stale: boolean) {
  const host = new FakeHost(openView());
  if (stale) host.failing.turnOnBackup = problem("fresh_unlock");
  const done: BackupView[] = [];
  const turning = new TurningOn(host, "pin", false, (view) => done.push(view));
  for (let time = 0; time < 2; time += 1) {
    await turning.choosing.type(WORDS);
    void turning.choosing.submit();
    await settled();
  }
  return { host, turning, done };
}

describe("turning the backup on", () => {
  test("a passphrase that was typed twice turns it on", async () => {
    const { host, done } = await chosen(false);
    expect(done.map(({ is_on }) => is_on)).toEqual([true]);
    expect(host.backupPassphrase).toBe(WORDS);
  });

  test("the app’s own PIN is asked for where it was typed too long ago, then the same passphrase is used", async () => {
    const { host, turning, done } = await chosen(true);
    expect(turning.confirming).not.toBeNull();
    delete host.failing.turnOnBackup;
    await turning.confirming?.type(host.secret);
    await settled();
    expect(turning.confirming).toBeNull();
    expect(done).toHaveLength(1);
    expect(host.calls.filter(([name]) => name === "turnOnBackup")).toEqual([
      ["turnOnBackup", WORDS],
      ["turnOnBackup", WORDS],
    ]);
  });

  test("whoever leaves the PIN leaves all of it, and nothing that was typed stays", async () => {
    const { turning, done } = await chosen(true);
    expect(turning.back()).toBe(false);
    await settled();
    expect(turning.confirming).toBeNull();
    expect(turning.choosing.step.at).toBe("choose");
    expect(turning.choosing.typed).toBe("");
    expect(done).toEqual([]);
  });
});
