/** Backing up and restoring. */
import type { App } from "../../state/app.svelte";
import type { Exporting } from "../../state/exporting.svelte";
import type { TurningOn } from "../../state/turningon.svelte";
import type { FakeHost } from "../fake";
import type { BackedUpAccount } from "../generated/BackedUpAccount";
import type { BackupFound } from "../generated/BackupFound";
import type { BackupView } from "../generated/BackupView";
import type { ProblemCode } from "../generated/ProblemCode";
import { PICTURE } from "../portal-fake";
import { problem } from "../problem";
import { accounts, hospital, mail, open, school } from "./made";
import type { Scenario } from "./made";

const HOUR = 3_600_000;

const kept = (id: string, title: string, held: BackedUpAccount["held"]): BackedUpAccount => ({ id, title, account: "", held });

const backup = (changes: Partial<BackupView> = {}): BackupView => ({
  is_on: true,
  folder: "/home/amara/Documents/Countersign",
  may_choose: true,
  made_at_ms: String(new Date().setHours(6, 10)),
  fault: null,
  accounts: [
    kept("a1", "Marlowe University Hospital", "reactivate"),
    kept("a2", "Personal mail", "whole"),
    kept("a3", "Research data portal", "whole"),
    kept("a4", "Pharmacy cabinet 3", "ask_there"),
  ],
  ...changes,
});

const found: BackupFound = {
  draft: "b1",
  made_at_ms: String(new Date().setHours(6, 10)),
  device: "Amara’s phone",
  accounts: 2,
  organisations: 1,
};

const codes = (n: number) => Array.from({ length: n }, () => `data:image/svg+xml;base64,${btoa(PICTURE)}`);
const exporting = (app: App) => {
  app.copies.save();
  return new Promise((done) => setTimeout(done, 50)).then(() => {
    if (app.route.to !== "export") throw new Error("nothing is saved");
    return app.route.exporting;
  });
};

function saving(prepare: (fake: FakeHost) => void, act: (it: Exporting) => unknown = () => undefined): () => Scenario {
  return () => {
    const fake = open();
    fake.exportable = { ...fake.exportable, bound: ["Marlowe University Hospital", "Pharmacy cabinet 3"] };
    prepare(fake);
    return { host: fake, then: async (app) => void (await act(await exporting(app))) };
  };
}

function shown(view: BackupView, then: (app: App, fake: FakeHost) => unknown = () => undefined): () => Scenario {
  return () => {
    const fake = open({ backup_on: view.is_on });
    fake.backedUp = view;
    return {
      host: fake,
      then: async (app) => {
        app.go({ to: "settings" });
        app.go({ to: "backup" });
        await app.copies.backup.load();
        await then(app, fake);
      },
    };
  };
}

function turning(work: (turning: TurningOn, fake: FakeHost) => unknown): () => Scenario {
  return shown(backup({ is_on: false, made_at_ms: null }), (app, fake) => {
    app.copies.choosePassphrase();
    if (app.route.to !== "backup-passphrase") return undefined;
    return work(app.route.turning, fake);
  });
}

const WORDS = "four words for tests";

async function chosen({ choosing }: TurningOn): Promise<void> {
  await choosing.type(WORDS);
  await choosing.submit();
}

function rehearsed(readable: number, of: number, typed = WORDS): () => Scenario {
  return shown(backup(), async (app, fake) => {
    fake.rehearsal = { readable, of };
    app.copies.rehearse();
    if (app.route.to !== "rehearse") return;
    app.route.rehearsing.type(typed);
    await app.route.rehearsing.open();
  });
}

function restoring(lies: BackupFound | null, then: (app: App, fake: FakeHost) => unknown = () => undefined): () => Scenario {
  return () => {
    const fake = open({ accounts: accounts.slice(0, 3) });
    fake.backups = lies;
    return {
      host: fake,
      then: async (app) => {
        await app.add().restore(true);
        await then(app, fake);
      },
    };
  };
}

function restored(typed: string): () => Scenario {
  return restoring(found, async (app) => {
    if (app.route.to !== "add") return;
    app.route.adding.restoring.type(typed);
    await app.route.adding.restoring.restore();
  });
}

function refused(code: ProblemCode): () => Scenario {
  return restoring(null, async (app, fake) => {
    fake.failing.readBackup = problem(code);
    if (app.route.to === "add") await app.route.adding.restoring.readFile(new Blob(["file"]));
  });
}

export const backups: Record<string, () => Scenario> = {
  backup: shown(backup()),
  "backup-managed": shown(backup({ folder: "/srv/backups/amara", may_choose: false, fault: "folder" })),
  "backup-choosing": shown(backup(), (app, fake) => {
    fake.chooseBackupFolder = () => new Promise(() => undefined);
    void app.copies.chooseFolder();
  }),
  "backup-folder-pin": shown(backup(), async (app, fake) => {
    fake.failing.chooseBackupFolder = problem("fresh_unlock");
    await app.copies.chooseFolder();
  }),
  "backup-off": shown(backup({ is_on: false, made_at_ms: null })),
  "backup-fault": shown(
    backup({
      fault: "folder",
      made_at_ms: String(Date.now() - 50 * HOUR),
      accounts: [...backup().accounts, kept("a5", "Library", "not_yet")],
    }),
  ),
  "backup-refused": shown(backup(), (app, fake) => {
    fake.failing.backUpNow = problem("backup_full");
    return app.copies.backup.now();
  }),
  "backup-turn-off": shown(backup(), (app) => (app.copies.backup.asking = true)),
  "backup-passphrase": turning(({ choosing }) => choosing.type(WORDS)),
  "backup-repeat": turning(async (on) => {
    await chosen(on);
    await on.choosing.type("four words for text");
    await on.choosing.submit();
  }),
  "backup-confirm": turning(async (on, fake) => {
    fake.failing.turnOnBackup = problem("fresh_unlock");
    await chosen(on);
    await on.choosing.type(WORDS);
    void on.choosing.submit();
    await Promise.resolve();
  }),
  rehearse: shown(backup(), (app) => app.copies.rehearse()),
  "rehearse-all": rehearsed(14, 14),
  "rehearse-some": rehearsed(12, 14),
  "rehearse-none": rehearsed(0, 0),
  "rehearse-wrong": rehearsed(0, 0, "not this one"),
  restore: restoring(found),
  "restore-none": restoring(null),
  "restore-wrong": restored("not this one"),
  "restore-done": restored(WORDS),
  "restore-not-a-backup": refused("not_a_backup"),
  "restore-damaged": refused("backup_damaged"),
  "restore-too-new": refused("backup_too_new"),
  "restore-too-long": restoring(found, async (app, fake) => {
    fake.failing.restore = problem("draft_gone");
    if (app.route.to !== "add") return;
    app.route.adding.restoring.type(WORDS);
    await app.route.adding.restoring.restore();
  }),
  "restore-wrong-file": restoring(found, async (app, fake) => {
    fake.failing.readBackup = problem("not_a_backup");
    if (app.route.to === "add") await app.route.adding.restoring.readFile(new Blob(["file"]));
  }),
  "restore-choose": () => {
    const fake = open({ accounts: [] });
    fake.can.backups = false;
    return { host: fake, then: (app) => app.add().restore(false) };
  },
  "restore-nothing-new": restoring(found, async (app, fake) => {
    fake.restore = () => Promise.resolve({ accounts: [], here: 3 });
    if (app.route.to !== "add") return;
    app.route.adding.restoring.type(WORDS);
    await app.route.adding.restoring.restore();
  }),
  "restore-queue": () => ({ host: open({ accounts: [school, { ...hospital, state: "needs_reactivating" }, mail] }) }),
  export: saving(() => undefined),
  "export-off": saving((fake) => (fake.exportable = { ...fake.exportable, backup_on: false })),
  "export-phone": saving((fake) => (fake.exportable = { ...fake.exportable, folder: null })),
  "export-none": saving((fake) => (fake.exportable = { ...fake.exportable, accounts: 0 })),
  "export-password": saving(
    () => undefined,
    async (it) => {
      it.choose("aegis");
      await it.type("tidal orchard");
    },
  ),
  "export-folder": saving(
    (fake) => (fake.failing.export = problem("save_folder", "/home/amara/Downloads")),
    (it) => it.save(),
  ),
  "export-confirm": saving(
    (fake) => (fake.failing.export = problem("fresh_unlock")),
    (it) => it.save(),
  ),
  "export-saved": saving(
    () => undefined,
    (it) => it.save(),
  ),
  "export-saved-plain": saving(
    (fake) =>
      (fake.copied = {
        ...fake.copied,
        path: "/home/amara/Downloads/Countersign 2026-09-21.txt",
        left_out: [{ title: "Steam, amara", why: "kind" }],
        names_left: 1,
      }),
    (it) => {
      it.choose("text");
      return it.save();
    },
  ),
  "export-codes": saving(
    (fake) => (fake.copied = { ...fake.copied, path: null, codes: codes(3) }),
    (it) => {
      it.choose("codes");
      return it.save();
    },
  ),
  "export-codes-last": saving(
    (fake) => (fake.copied = { ...fake.copied, path: null, codes: codes(1), left_out: [{ title: "Ward door", why: "kind" }] }),
    (it) => {
      it.choose("codes");
      return it.save();
    },
  ),
};
