import { describe, expect, test } from "vitest";
import { FakeHost, openView } from "../host/fake";
import { problem } from "../host/problem";
import { Backup } from "./backup.svelte";
import { Rehearsing } from "./rehearsing.svelte";

function backup() {
  const host = new FakeHost(openView());
  host.backedUp = {
    is_on: true,
    folder: "/backups",
    made_at_ms: "0",
    fault: "folder",
    accounts: [
      { id: "a1", title: "Mail", account: "", held: "whole" },
      { id: "a2", title: "Hospital", account: "", held: "reactivate" },
      { id: "a3", title: "Garden", account: "", held: "not_yet" },
    ],
  };
  return { host, backup: new Backup(host) };
}

describe("the backup’s page", () => {
  test("tells what is in the backup from what is not", async () => {
    const { backup: shown } = backup();
    await shown.load();
    expect(shown.held.map(({ id }) => id)).toEqual(["a1"]);
    expect(shown.missing.map(({ id }) => id)).toEqual(["a2", "a3"]);
    await shown.turnOff();
    expect([...shown.held, ...shown.missing]).toEqual([]);
  });

  test("a backup that could not be written is said beside how it stands", async () => {
    const { host, backup: shown } = backup();
    host.failing.backUpNow = problem("backup_folder", "/backups");
    await shown.now();
    expect(shown.problem?.code).toBe("backup_folder");
    expect(shown.view?.is_on).toBe(true);
    delete host.failing.backUpNow;
    await shown.now();
    expect(shown.problem).toBeNull();
    expect(shown.view?.fault).toBeNull();
  });

  test("an answer from before the lock is dropped", async () => {
    const { backup: shown } = backup();
    const loading = shown.load();
    shown.forget();
    await loading;
    expect(shown.view).toBeNull();
  });
});

test("a rehearsal says how many would come back, and a wrong passphrase can be mended", async () => {
  const { host } = backup();
  host.rehearsal = { readable: 12, of: 14 };
  const rehearsing = new Rehearsing(host);
  rehearsing.type("not this one");
  await rehearsing.open();
  expect(rehearsing.problem?.code).toBe("backup_passphrase");
  expect(rehearsing.typed).toBe("not this one");
  rehearsing.type(host.backupPassphrase);
  await rehearsing.open();
  expect(rehearsing.came).toEqual({ readable: 12, of: 14 });
  expect(rehearsing.typed).toBe("");
});
