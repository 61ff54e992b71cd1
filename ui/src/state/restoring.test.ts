import { describe, expect, test } from "vitest";
import { FakeHost, accountView, openView } from "../host/fake";
import { problem } from "../host/problem";
import { Restoring } from "./restoring.svelte";

const found = { draft: "b1", made_at_ms: "0", device: "Ward tablet", accounts: 1, organisations: 1 };
const file = () => new Blob(["backup"]);

function begun(lies: typeof found | null = found) {
  const host = new FakeHost(openView({ accounts: [accountView(), accountView({ id: "a2", state: "needs_reactivating" })] }));
  host.backups = lies;
  let finished = 0;
  return { host, restoring: new Restoring(host, () => (finished += 1)), finished: () => finished };
}

describe("restoring", () => {
  test("a backup that lies here is offered, and comes back with its passphrase", async () => {
    const { restoring, finished } = begun();
    await restoring.begin(true);
    expect(restoring.step).toEqual({ at: "found", found });
    restoring.type("four words for tests");
    await restoring.restore();
    expect(restoring.step.at === "done" && restoring.step.receipt.accounts.map(({ works }) => works)).toEqual([true, false]);
    expect(restoring.passphrase).toBe("");
    expect(finished()).toBe(1);
  });

  test("a wrong passphrase stays on its page with what was typed, and says so until more is typed", async () => {
    const { host, restoring, finished } = begun();
    await restoring.begin(true);
    await restoring.restore();
    expect(host.calls.some(([name]) => name === "restore")).toBe(false);
    restoring.type("not this one");
    await restoring.restore();
    expect(restoring.step.at).toBe("found");
    expect(restoring.problem?.code).toBe("backup_passphrase");
    expect(restoring.passphrase).toBe("not this one");
    restoring.type("not this one either");
    expect(restoring.problem).toBeNull();
    expect(finished()).toBe(0);
  });

  test("where nothing lies here, or nothing is looked for, the file is asked for", async () => {
    const { host, restoring } = begun(null);
    await restoring.begin(true);
    expect(restoring.step).toEqual({ at: "none", looked: true });
    host.calls = [];
    await restoring.begin(false);
    expect(restoring.step).toEqual({ at: "none", looked: false });
    expect(host.calls).toEqual([]);
  });

  test("a file that is chosen takes the place of what was found, and what was typed goes", async () => {
    const { restoring } = begun();
    await restoring.begin(true);
    restoring.type("for the other one");
    await restoring.readFile(file());
    expect(restoring.step).toEqual({ at: "found", found: { ...found, draft: "b2" } });
    expect(restoring.passphrase).toBe("");
  });

  test("a file that is no backup is refused with its reason", async () => {
    const { host, restoring } = begun();
    host.failing.readBackup = problem("backup_damaged");
    await restoring.readFile(file());
    expect(restoring.step.at === "refused" && restoring.step.problem.code).toBe("backup_damaged");
  });

  test("a wrong file leaves the backup that was found, one step back", async () => {
    const { host, restoring } = begun();
    host.failing.readBackup = problem("not_a_backup");
    await restoring.begin(true);
    await restoring.readFile(file());
    await restoring.readFile(file());
    expect(restoring.step).toEqual({ at: "refused", problem: problem("not_a_backup"), before: found });
    expect(restoring.back()).toBe(true);
    expect(restoring.step).toEqual({ at: "found", found });
    expect(restoring.back()).toBe(false);
  });

  test("a draft that is gone is refused with nothing to go back to, and what was typed goes", async () => {
    const { host, restoring, finished } = begun();
    host.failing.restore = problem("draft_gone");
    await restoring.begin(true);
    restoring.type("four words for tests");
    await restoring.restore();
    expect(restoring.step).toEqual({ at: "refused", problem: problem("draft_gone"), before: null });
    expect([restoring.passphrase, finished()]).toEqual(["", 0]);
  });

  test("what could not be stored may be tried again with the same passphrase", async () => {
    const { host, restoring } = begun();
    host.failing.restore = problem("not_stored");
    await restoring.begin(true);
    restoring.type("four words for tests");
    await restoring.restore();
    expect([restoring.step.at, restoring.problem?.code, restoring.passphrase]).toEqual(["found", "not_stored", "four words for tests"]);
    delete host.failing.restore;
    await restoring.restore();
    expect(restoring.step.at).toBe("done");
  });

  test("leaving forgets the passphrase, and an answer that comes later changes nothing", async () => {
    const { restoring } = begun();
    const looking = restoring.begin(true);
    restoring.leave();
    await looking;
    expect(restoring.step.at).toBe("looking");
    await restoring.begin(true);
    restoring.type("four words for tests");
    expect(restoring.back()).toBe(false);
    expect(restoring.passphrase).toBe("");
  });
});
