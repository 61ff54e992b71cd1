import { describe, expect, test } from "vitest";
import type { BackupFound } from "../host/generated/BackupFound";
import { FakeHost, accountView, firstView, lockedView, openView, requestView } from "../host/fake";
import type { AppView } from "../host/generated/AppView";
import { problem } from "../host/problem";
import { FakePortal } from "../host/portal-fake";
import { App } from "./app.svelte";
import { doorKey } from "../host/host";
import { SelfService } from "./selfservice.svelte";
import { TestClock, settled, started } from "./testing";

const first: AppView = firstView();
const one = requestView();
const accounts = [accountView()];

test("what the host said beforehand is on the screen before it is asked anything", () => {
  const host = new FakeHost(lockedView());
  const store = { getItem: () => null, setItem: () => undefined };
  const app = new App(host, new TestClock(), store, lockedView());
  expect(app.view?.at).toBe("locked");
});

describe("the first run", () => {
  test("asks for a PIN before anything is added, then offers the ways", async () => {
    const { app } = await started(first);
    app.begin("scan");
    await app.setup?.choosing.type("271828");
    await app.setup?.choosing.type("271828");
    expect(app.setup).toBeNull();
    expect(app.route).toMatchObject({ to: "add", adding: { step: { at: "ways" } } });
  });

  test("goes straight to the camera where there is one", async () => {
    const { app, host } = await started(first, (fake) => (fake.can.camera = true));
    app.begin("scan");
    await app.setup?.choosing.type("271828");
    await app.setup?.choosing.type("271828");
    expect(host.calls.some(([name]) => name === "scan")).toBe(true);
  });

  test("shows what the program was opened with", async () => {
    const { app } = await started(
      first,
      (fake) => (fake.incoming = [{ kind: "activation", draft: "d1", host: "devices.marlowe.example", known: false, refused: null }]),
    );
    app.begin("ways");
    await app.setup?.choosing.type("271828");
    await app.setup?.choosing.type("271828");
    await settled();
    expect(app.route).toMatchObject({ to: "add", adding: { step: { at: "confirm" } } });
  });
});

describe("the lock", () => {
  test("forgets everything that was on screen", async () => {
    const { app, host } = await started(openView({ accounts, requests: [one] }), (fake) => {
      fake.codes = { a1: { code: "482913", next: "640127", leftMs: 18_000 } };
    });
    app.passcodes.want("list", ["a1"]);
    await settled();
    expect(app.passcodes.of("a1")).not.toBeNull();
    host.change(lockedView());
    await settled();
    expect([app.passcodes.of("a1"), app.requests.inbox.waiting, app.route.to]).toEqual([null, [], "home"]);
  });

  test("opens to the request that waits behind it", async () => {
    const { app, host } = await started(lockedView());
    host.behindLock = openView({ accounts, requests: [one] });
    await app.lock.type("271828");
    await settled();
    expect(app.route.to).toBe("answer");
  });
});

describe("going back", () => {
  test("leads home from everywhere, and ends there", async () => {
    const { app } = await started(openView({ accounts }));
    app.openAccount("a1");
    app.startRename(accountView());
    expect(app.back()).toBe(true);
    expect(app.route.to).toBe("account");
    app.removal.ask(accountView());
    app.back();
    expect([app.removal.asking, app.route.to]).toEqual([null, "account"]);
    app.back();
    expect([app.route.to, app.isDeep]).toEqual(["home", false]);
    expect(app.back()).toBe(false);
  });

  test("ends a search", async () => {
    const { app } = await started(openView({ accounts }));
    app.search.words = "marlowe";
    expect(app.back()).toBe(true);
    expect(app.search.words).toBeNull();
  });
});

test("search looks at organisation, account and given names", async () => {
  const list = [
    accountView({ id: "1", title: "Work", issuer: "Marlowe University Hospital", account: "a.lindqvist" }),
    accountView({ id: "2", title: "Mail", issuer: "Example", account: "amara@example.org" }),
  ];
  const { app } = await started(openView({ accounts: list }));
  for (const [words, ids] of [
    ["MARLOWE", ["1"]],
    ["work", ["1"]],
    ["amara@", ["2"]],
    ["radiology", []],
    [" ", ["1", "2"]],
  ] as const) {
    app.search.words = words;
    expect(app.search.found.map(({ id }) => id)).toEqual(ids);
  }
});

test("removing asks the host once, and a refusal is said where it was asked", async () => {
  const { app, host } = await started(openView({ accounts }));
  app.openAccount("a1");
  app.removal.ask(accountView());
  host.failing.remove = problem("not_stored");
  await app.remove();
  expect(app.removal.asking).toMatchObject({ problem: { code: "not_stored" } });
  delete host.failing.remove;
  await app.remove();
  expect([app.removal.asking, app.route.to, app.accounts]).toEqual([null, "home", []]);
});

test("a name that was refused stays in its field", async () => {
  const { app, host } = await started(openView({ accounts }));
  app.startRename(accountView());
  host.failing.rename = problem("name_too_long");
  await app.rename("x".repeat(300));
  expect(app.route).toMatchObject({ to: "rename", name: "x".repeat(300), problem: { code: "name_too_long" } });
});

test("a host that cannot be asked is said, and asked again", async () => {
  const { app, host } = await started(openView(), (fake) => (fake.failing.view = new Error("gone")));
  expect(app.problem?.code).toBe("unforeseen");
  delete host.failing.view;
  await app.refresh();
  expect(app.problem).toBeNull();
});

test("the theme is kept", async () => {
  const { app, kept } = await started(openView());
  app.preferences.chooseTheme("dark");
  expect([...kept.values()]).toEqual(["dark"]);
});

describe("moving about", () => {
  test("leads back the way one came, and a root forgets the way", async () => {
    const { app } = await started(openView({ accounts }));
    app.go({ to: "settings" });
    app.go({ to: "check-up" });
    app.openAccount("a1");
    app.back();
    expect(app.route.to).toBe("check-up");
    app.back();
    expect(app.route.to).toBe("settings");
    app.go({ to: "activity" });
    app.back();
    expect(app.route.to).toBe("home");
  });

  test("a request does not interrupt a new PIN or a new order", async () => {
    const { app, host } = await started(openView({ accounts }));
    app.changeSecret();
    host.change(openView({ accounts, requests: [one] }));
    await settled();
    expect(app.route.to).toBe("change-secret");
  });

  test("a request interrupts the activity, the check-up and the settings", async () => {
    for (const to of ["activity", "check-up", "settings", "help"] as const) {
      const { app, host } = await started(openView({ accounts }));
      app.go({ to });
      host.change(openView({ accounts, requests: [one] }));
      await settled();
      expect(app.route.to).toBe("answer");
    }
  });

  test("the lock forgets the activity and what the check-up found", async () => {
    const { app, host } = await started(openView({ accounts }));
    app.go({ to: "check-up" });
    await app.activity.load();
    await settled();
    expect(app.checkUp.found).toEqual([]);
    host.change(lockedView());
    await settled();
    expect([app.checkUp.found, app.activity.entries, app.options.now]).toEqual([null, null, null]);
  });
});

test("whoever uses the window is said to, not more than every five seconds, and never while it is locked", async () => {
  const { app, host, clock } = await started(openView({ accounts }));
  const touches = () => host.calls.filter(([name]) => name === "touched").length;
  app.touch();
  app.touch();
  clock.pass(4_999);
  app.touch();
  expect(touches()).toBe(1);
  clock.pass(1);
  app.touch();
  expect(touches()).toBe(2);
  host.change(lockedView());
  await settled();
  clock.pass(60_000);
  app.touch();
  expect(touches()).toBe(2);
});

test("starting again to restore a backup asks for a PIN first, then looks for it", async () => {
  const { app, host } = await started(lockedView({ stopped: true }));
  await app.startAgain("restore");
  expect(app.setup?.start).toBe("restore");
  await app.setup?.choosing.type("271828");
  await app.setup?.choosing.type("271828");
  await settled();
  expect(app.route).toMatchObject({ to: "add", adding: { step: { at: "restore" }, restoring: { step: { at: "none", looked: true } } } });
  expect(host.calls.map(([name]) => name)).toContain("findBackup");
});

test("starting again shows an empty app, and a refusal is said", async () => {
  const { app, host } = await started(lockedView({ stopped: true }));
  host.failing.startAgain = problem("not_stored");
  await app.startAgain();
  expect([app.view?.at, app.notice?.code]).toEqual(["locked", "not_stored"]);
  delete host.failing.startAgain;
  await app.startAgain();
  expect([app.view?.at, app.notice]).toEqual(["first", null]);
});

describe("a copy", () => {
  const greyed = [accountView({ state: "needs_reactivating" })];

  test("that is this phone's from now on leads to what it stopped", async () => {
    const { app, host } = await started(openView({ copy: "another", accounts }));
    host.useOlderCopy = () => Promise.resolve(openView({ accounts: greyed }));
    await app.useOlderCopy();
    expect(app.route).toMatchObject({ to: "devices", door: { account: "a1" } });
    expect(app.doors.takeAgain()).toBe(true);
  });

  test("that could not be taken over stays one, and says why", async () => {
    const { app, host } = await started(openView({ copy: "older", accounts: greyed }));
    host.failing.useOlderCopy = problem("not_stored");
    await app.useOlderCopy();
    expect([app.open?.copy, app.route.to, app.notice?.code]).toEqual(["older", "home", "not_stored"]);
  });

  test("that is looked at says it again after the next unlock", async () => {
    const { app, host } = await started(openView({ copy: "older", accounts }));
    app.lookAtCopy();
    expect(app.looksAtCopy).toBe(true);
    host.change(lockedView());
    await settled();
    expect(app.looksAtCopy).toBe(false);
  });
});

describe("somebody who was here before", () => {
  const found: BackupFound = { draft: "b1", made_at_ms: "0", device: "Old phone", accounts: 2, organisations: 1 };

  async function comesBack(backups: boolean, found: BackupFound | null) {
    const { app, host } = await started(firstView({ reinstalled: true }));
    host.can = { ...host.can, backups };
    host.findBackup = () => Promise.resolve(found);
    app.begin("back");
    for (const digits of ["271828", "271828"]) await app.setup?.choosing.type(digits);
    await settled();
    return app;
  }

  test("is led to the backup that lies here", async () => {
    const { route } = await comesBack(true, found);
    expect(route).toMatchObject({ to: "add", adding: { step: { at: "restore" }, restoring: { step: { at: "found" } } } });
  });

  test("is led step by step where there is none, or the platform keeps none", async () => {
    for (const backups of [true, false]) {
      const { route, doors } = await comesBack(backups, null);
      expect(route).toMatchObject({ to: "devices", door: null });
      expect(doors.finding).not.toBeNull();
    }
  });
});

describe("My Settings & Devices", () => {
  async function visiting(app: App, host: FakeHost) {
    const visit = new SelfService({ portal: host.selfService({ account: "a1" }), ticker: app.ticker, host: "app" });
    app.doors.visits.set("account a1", visit);
    app.doors.open();
    await visit.start();
    return visit;
  }

  test("opens for the only account, asks which of several, and finds the organisation without one that has it", async () => {
    const { app, host } = await started(openView({ accounts: [accountView({ legacy: true }), accountView({ id: "a3", kind: "other" })] }));
    app.doors.open();
    await settled();
    expect([app.route, app.doors.finding?.step.at]).toEqual([{ to: "devices", door: null }, "type"]);
    host.change(openView({ accounts }));
    await settled();
    app.doors.open();
    expect(app.route).toEqual({ to: "devices", door: { account: "a1" } });
    host.change(openView({ accounts: [...accounts, accountView({ id: "a2" })] }));
    await settled();
    app.doors.open();
    expect(app.route).toEqual({ to: "devices", door: null });
  });

  test("asks nothing where one host is listed, and leads back to the choice for another one", async () => {
    const { app } = await started(openView(), (host) => (host.hosts = ["devices.marlowe.example"]));
    app.doors.open();
    await settled();
    expect(app.route).toEqual({ to: "devices", door: { host: "devices.marlowe.example" } });
    app.doors.findAnother();
    expect([app.route, app.doors.finding?.step.at]).toEqual([{ to: "devices", door: null }, "hosts"]);
    app.doors.finding?.another();
    app.back();
    expect(app.doors.finding?.step.at).toBe("hosts");
    app.back();
    expect(app.route.to).toBe("home");
  });

  test("shows a typed address in full before anything is asked there", async () => {
    const { app, host } = await started(openView());
    app.doors.open();
    await settled();
    const { finding } = app.doors;
    finding?.type("ward seven");
    await finding?.read();
    expect([finding?.step.at, finding?.problem?.code]).toEqual(["type", "not_an_address"]);
    finding?.type("https://devices.marlowe.example/sign-in");
    expect(finding?.problem).toBeNull();
    await finding?.read();
    expect(finding?.step).toEqual({ at: "confirm", found: { host: "devices.marlowe.example", known: false } });
    expect(host.calls.some(([name]) => name === "selfService")).toBe(false);
    app.back();
    expect([finding?.step.at, finding?.text]).toEqual(["type", "https://devices.marlowe.example/sign-in"]);
    await finding?.read();
    finding?.confirm();
    expect(app.route).toEqual({ to: "devices", door: { host: "devices.marlowe.example" } });
  });

  test("goes on where somebody signed in before there was an account", async () => {
    const { app, host } = await started(openView(), (host) => (host.hosts = ["devices.marlowe.example"]));
    app.doors.open();
    await settled();
    const door = { host: "devices.marlowe.example" };
    const visit = new SelfService({ portal: host.selfService(door), ticker: app.ticker, host: "app" });
    app.doors.visits.set(doorKey(door), visit);
    await visit.start();
    app.goHome();
    app.doors.open();
    expect(app.route).toEqual({ to: "devices", door });
    host.change(openView({ accounts }));
    await settled();
    app.doors.open();
    expect(app.route).toEqual({ to: "devices", door });
    await visit.signOut();
    app.doors.open();
    expect(app.route).toEqual({ to: "devices", door: { account: "a1" } });
  });

  test("a greyed account leads straight to its service; one that has none leads to a code", async () => {
    const grey = accountView({ id: "a2", state: "needs_reactivating" });
    const { app } = await started(openView({ accounts: [...accounts, grey] }));
    app.doors.reactivate(grey);
    expect(app.route).toEqual({ to: "devices", door: { account: "a2" } });
    expect([app.doors.takeAgain(), app.doors.takeAgain()]).toEqual([true, false]);
    app.doors.reactivate(accountView({ id: "a9", legacy: true }));
    expect(app.route.to).toBe("add");
  });

  test("is where a person is led who has a new phone, once the app has a lock", async () => {
    const { app, host } = await started(firstView());
    host.hosts = ["devices.marlowe.example"];
    app.begin("change");
    await app.setup?.choosing.type("271828");
    await app.setup?.choosing.type("271828");
    await settled();
    expect(app.route).toEqual({ to: "devices", door: { host: "devices.marlowe.example" } });
  });

  test("is stepped back through and then left", async () => {
    const { app, host } = await started(openView({ accounts }));
    const visit = await visiting(app, host);
    visit.go({ to: "options", device: "d1" });
    app.back();
    expect([app.route.to, visit.place.to]).toEqual(["devices", "devices"]);
    app.back();
    expect(app.route.to).toBe("home");
  });

  test("a request takes the window, and leads back to the devices", async () => {
    const { app, host } = await started(openView({ accounts }));
    await visiting(app, host);
    host.change(openView({ accounts, requests: [one] }));
    await settled();
    expect(app.route.to).toBe("answer");
    app.requests.leaveAnswer();
    expect(app.route).toEqual({ to: "devices", door: { account: "a1" } });
  });

  test("a request waits below the banner while its number is read here", async () => {
    const { app, host } = await started(openView({ accounts }));
    const visit = await visiting(app, host);
    visit.prove();
    host.change(openView({ accounts, requests: [one] }));
    await settled();
    expect([app.route.to, app.requests.inbox.waiting.length]).toEqual(["devices", 1]);
    app.requests.openWaiting();
    expect(app.route.to).toBe("answer");
  });

  test("the lock forgets who was signed in, and so does the account’s end", async () => {
    const { app, host } = await started(openView({ accounts }), (host) => (host.portal = new FakePortal()));
    await visiting(app, host);
    host.change(openView({ accounts: [accountView({ id: "a2" })] }));
    await settled();
    expect(app.route.to).toBe("home");
    host.change(lockedView());
    await settled();
    expect(app.doors.visits.size).toBe(0);
  });
});
