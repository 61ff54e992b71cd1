import { describe, expect, test } from "vitest";
import { accountView, lockedView, openView, requestView } from "../host/fake";
import type { FakeHost } from "../host/fake";
import { problem } from "../host/problem";
import type { App } from "./app.svelte";
import { settled, started } from "./testing";

const one = requestView();
const two = requestView({ id: "r2", application: "Webmail" });
const accounts = [accountView()];

test("leaving a rehearsal forgets what was typed", async () => {
  const { app } = await started(openView({ accounts, backup_on: true }));
  app.go({ to: "backup" });
  app.copies.rehearse();
  const rehearsing = app.route.to === "rehearse" ? app.route.rehearsing : null;
  rehearsing?.type("four words for tests");
  app.back();
  expect([app.route.to, rehearsing?.typed]).toEqual(["backup", ""]);
});

test("a request takes the window where the backup’s page was left with its question open", async () => {
  const { app, host } = await started(openView({ accounts, backup_on: true }));
  app.go({ to: "backup" });
  host.failing.chooseBackupFolder = problem("fresh_unlock");
  await app.copies.chooseFolder();
  host.change(openView({ accounts, backup_on: true, requests: [one] }));
  await settled();
  expect([app.route.to, app.takesCodes], "the PIN is being typed").toEqual(["backup", false]);
  app.goHome();
  expect(app.route.to).toBe("answer");
});

describe("a move", () => {
  const shown = { account_id: "a1", step: { at: "shown", picture: "data:,", left_ms: 600_000 }, revision: "1" } as const;
  const acts = (host: FakeHost) => host.calls.filter(([name]) => name === "actOnMove").map(([, act]) => act);

  async function moving() {
    const all = await started(openView({ accounts }), (host) => {
      host.movable = { accounts: [{ id: "a1", title: "Marlowe", account: "", can_move: true }], others: 1, under_way: shown };
    });
    all.app.go({ to: "settings" });
    all.app.copies.move();
    await settled();
    const { route } = all.app;
    if (route.to !== "move") throw new Error("nothing moves");
    expect(route.moving.step?.at).toBe("shown");
    return { ...all, route };
  }

  test("is left with its page, however that is left", async () => {
    const ways: ((app: App) => unknown)[] = [
      (app) => app.back(),
      (app) => app.goHome(),
      (app) => app.openAccount("a1"),
      (app) => app.go({ to: "activity" }),
      (app) => app.add(),
      (app) => app.copies.save(),
    ];
    for (const way of ways) {
      const { app, host, route } = await moving();
      way(app);
      expect([acts(host), route.moving.step], String(way)).toEqual([["stop"], null]);
    }
    const { host } = await moving();
    host.change(lockedView());
    await settled();
    expect(acts(host)).toEqual(["stop"]);
  });

  test("goes on behind a request, and is come back to", async () => {
    for (const requests of [[one], [one, two]]) {
      const { app, host, route } = await moving();
      host.change(openView({ accounts, requests }));
      await settled();
      expect(app.route).toBe(route);
      app.requests.openWaiting();
      if (requests.length === 1) app.requests.leaveAnswer();
      else app.back();
      expect([app.route, route.moving.step?.at, acts(host)]).toEqual([route, "shown", []]);
    }
  });

  test("is left for good where a request leads elsewhere", async () => {
    const { app, host } = await moving();
    host.change(openView({ accounts, requests: [one, two] }));
    await settled();
    app.requests.openWaiting();
    app.openAccount("a1");
    expect([app.route.to, acts(host)]).toEqual(["account", ["stop"]]);
  });

  test("begins anew where the codes of the others lead back to it", async () => {
    const { app, host, route } = await moving();
    host.movable = { ...host.movable, under_way: null };
    app.copies.save();
    app.back();
    await settled();
    expect([app.route, route.moving.step, host.calls.filter(([name]) => name === "moveView").length]).toEqual([route, null, 2]);
    app.back();
    expect(app.route.to).toBe("settings");
  });
});
