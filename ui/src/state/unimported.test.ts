import { expect, test } from "vitest";
import { FakeHost, accountView, openView, unimportedView } from "../host/fake";
import type { UnimportedView } from "../host/generated/UnimportedView";
import { problem } from "../host/problem";
import { App } from "./app.svelte";
import { inMemory } from "./kept";
import { UNDO_MS } from "./removal.svelte";
import { TestClock, settled } from "./testing";

const first = unimportedView();
const second = unimportedView({ id: "u2", issuer: "", account: "Cloakroom", reason: "push_only", way: "again", settings: null });

async function started(entries: UnimportedView[] = [first, second]) {
  const host = new FakeHost(openView({ accounts: [accountView()], unimported: entries.length }));
  host.entries = entries;
  const clock = new TestClock();
  const app = new App(host, clock, inMemory());
  await app.start();
  await app.unimported.open();
  return { host, clock, app, unimported: app.unimported, ids: () => app.unimported.entries?.map(({ id }) => id) };
}

function adding(app: App) {
  if (app.route.to !== "add") throw new Error("an account is being added");
  return app.route.adding;
}

test("a typed key begins with what the import could read", async () => {
  const { host, app, unimported, ids } = await started();
  app.go({ to: "unimported-entry", id: "u1" });
  await unimported.fix(first, "key");
  const flow = adding(app);
  expect(flow.step.at).toBe("key");
  expect(flow.form).toMatchObject({
    issuer: "Old VPN",
    account: "a.lindqvist",
    key: "",
    digits: 8,
    period_seconds: 60,
    algorithm: "Sha256",
  });
  // Another name makes it no other entry
  Object.assign(flow.form, { issuer: "VPN", key: "jbswy3dpehpk3pxp" });
  await flow.addTyped();
  await settled();
  expect(host.calls.find(([name]) => name === "dismissUnimported")).toEqual(["dismissUnimported", ["u1"]]);
  flow.cancel();
  await settled();
  expect(app.route).toEqual({ to: "unimported" });
  expect(ids()).toEqual(["u2"]);
});

test("after the last one the list of accounts is next", async () => {
  const { app, unimported } = await started([first]);
  await unimported.fix(first, "key");
  await adding(app).addTyped();
  await settled();
  adding(app).cancel();
  expect([app.route.to, app.open?.unimported]).toEqual(["home", 0]);
});

test("whoever gives up is back at the entry, and nothing left the list", async () => {
  const { host, app, unimported, ids } = await started();
  app.go({ to: "unimported-entry", id: "u1" });
  await unimported.fix(first, "key");
  app.back();
  expect(app.route).toEqual({ to: "unimported-entry", id: "u1" });
  await unimported.fix(first, "code");
  expect(adding(app).step.at).toBe("ways");
  adding(app).goTo("key");
  app.back();
  expect(adding(app).step.at).toBe("ways");
  app.back();
  app.back();
  expect(app.route).toEqual({ to: "unimported" });
  expect(host.calls.some(([name]) => name === "dismissUnimported")).toBe(false);
  expect(ids()).toEqual(["u1", "u2"]);
});

test("one name alone is taken for whose account it is", async () => {
  const { app, unimported } = await started();
  await unimported.fix(second, "key");
  expect(adding(app).form).toMatchObject({ issuer: "Cloakroom", account: "", digits: 6, period_seconds: 30 });
});

test("a code is scanned where there is a camera", async () => {
  const { host, app, unimported } = await started();
  app.can = { ...app.can, camera: true };
  host.camera = { is: "code", scan: { kind: "activation", draft: "d1", host: "devices.marlowe.example", known: false, refused: null } };
  await unimported.fix(second, "code");
  const flow = adding(app);
  if (flow.step.at !== "confirm") throw new Error("the code was read");
  await flow.accept(flow.step.scan);
  await settled();
  expect(host.entries.map(({ id }) => id)).toEqual(["u1"]);
});

test("what is dismissed can be put back for a while", async () => {
  const { host, clock, app, unimported, ids } = await started();
  app.go({ to: "unimported-entry", id: "u1" });
  await unimported.dismiss(["u1"]);
  expect([app.route.to, ids(), unimported.undoable]).toEqual(["unimported", ["u2"], 1]);
  await unimported.undo();
  expect([ids(), unimported.undoable]).toEqual([["u1", "u2"], 0]);

  await unimported.dismiss(["u1", "u2"]);
  expect([ids(), unimported.undoable, app.open?.unimported]).toEqual([[], 2, 0]);
  clock.pass(UNDO_MS);
  expect(unimported.undoable).toBe(0);
  expect(host.calls.filter(([name]) => name === "keepUnimported")).toEqual([["keepUnimported", "d9"]]);
});

test("a refusal is said, and the entry stays", async () => {
  const { host, unimported, ids } = await started();
  host.failing.dismissUnimported = problem("not_stored");
  await unimported.dismiss(["u1"]);
  expect([unimported.problem?.code, unimported.undoable, ids()]).toEqual(["not_stored", 0, ["u1", "u2"]]);
});

test("an entry that was put right elsewhere leaves its page", async () => {
  const { host, app, ids } = await started();
  app.go({ to: "unimported-entry", id: "u1" });
  host.entries = [second];
  host.change(openView({ accounts: [accountView()], unimported: 1 }));
  await settled();
  expect([app.route.to, ids()]).toEqual(["unimported", ["u2"]]);
});

test("nothing of it outlives the lock", async () => {
  const { app, unimported } = await started();
  await unimported.dismiss(["u1"]);
  await app.lockNow();
  expect([unimported.entries, unimported.undoable]).toEqual([null, 0]);
});

test("an import of which nothing can be taken is finished all the same, and leads to the list", async () => {
  const { host, app } = await started();
  const flow = app.add();
  flow.importing.review({
    draft: "d3",
    app: "aegis",
    accounts: [],
    refused: [{ position: 3, label: "Old VPN", reason: "bad_key" }],
    parts: 1,
    parts_of: 1,
  });
  await flow.importing.add();
  expect(host.calls.at(-2)).toEqual(["import", "d3", []]);
  expect(flow.importing.step.at).toBe("done");
  await app.unimported.open();
  app.back();
  expect(app.route.to).toBe("home");
});
