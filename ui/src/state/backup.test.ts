import { describe, expect, test } from "vitest";
import { FakeHost, openView } from "../host/fake";
import { problem } from "../host/problem";
import { Backup } from "./backup.svelte";
import { Rehearsing } from "./rehearsing.svelte";
import { settled } from "./testing";

function backup() {
  const host = new FakeHost(openView());
  host.backedUp = {
    is_on: true,
    folder: "/backups",
    may_choose: true,
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

  test("another folder is shown once the backup is there, and none is chosen where the dialog was closed", async () => {
    const { host, backup: shown } = backup();
    host.folderChosen = null;
    await shown.chooseFolder("pin");
    expect(shown.view?.folder).toBe("/backups");
    host.folderChosen = "/media/stick";
    await shown.chooseFolder("pin");
    expect(shown.view).toMatchObject({ folder: "/media/stick", fault: null });
  });

  test("the app’s own PIN is asked for before another folder, and whoever leaves it chooses none", async () => {
    const { host, backup: shown } = backup();
    host.failing.chooseBackupFolder = problem("fresh_unlock");
    await shown.chooseFolder("pin");
    expect(shown.problem).toBeNull();
    expect(shown.covered).toBe(true);
    shown.uncover();
    expect(shown.covered).toBe(false);
    await shown.chooseFolder("pin");
    delete host.failing.chooseBackupFolder;
    await shown.confirming?.type(host.secret);
    await settled();
    expect(shown.confirming).toBeNull();
    expect(shown.view?.folder).toBe("/media/amara/stick");
  });

  test("everything else goes on while the dialog is open, and a second one is not", async () => {
    const { host, backup: shown } = backup();
    await shown.load();
    const asked: string[] = [];
    host.chooseBackupFolder = (title) => {
      asked.push(title);
      return new Promise(() => undefined);
    };
    void shown.chooseFolder("pin");
    void shown.chooseFolder("pin");
    shown.asking = true;
    await shown.turnOff();
    expect([shown.view?.is_on, shown.asking, shown.choosing, asked]).toEqual([false, false, true, ["Choose another folder"]]);
  });

  test("the question whether to turn it off waits for what is under way", async () => {
    const { host, backup: shown } = backup();
    await shown.load();
    let done: () => void = () => undefined;
    host.backUpNow = () => new Promise((resolve) => (done = () => resolve({ ...host.backedUp, fault: null })));
    void shown.now();
    shown.asking = true;
    await shown.turnOff();
    expect([shown.view?.is_on, shown.asking]).toEqual([true, true]);
    shown.uncover();
    expect(shown.asking).toBe(false);
    done();
  });

  test("a folder that cannot be used is said, and the backup stays where it is", async () => {
    const { host, backup: shown } = backup();
    host.failing.chooseBackupFolder = problem("backup_folder", "/media/stick");
    await shown.chooseFolder("pin");
    expect(shown.problem?.code).toBe("backup_folder");
    expect(shown.view?.folder).toBe("/backups");
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
