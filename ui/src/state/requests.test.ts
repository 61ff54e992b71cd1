import { describe, expect, test } from "vitest";
import { accountView, openView, requestView } from "../host/fake";
import { settled, started } from "./testing";

const one = requestView();
const two = requestView({ id: "r2", application: "Webmail" });
const accounts = [accountView()];

describe("a request", () => {
  test("takes the window by itself when it arrives at home", async () => {
    const { app, host } = await started(openView({ accounts }));
    expect(app.route.to).toBe("home");
    host.change(openView({ accounts, requests: [one] }));
    await settled();
    expect(app.route).toMatchObject({ to: "answer", answering: { request: { id: "r1" } } });
  });

  test("closed without an answer leaves a banner and does not come back by itself", async () => {
    const { app, host } = await started(openView({ accounts, requests: [one] }));
    app.requests.leaveAnswer();
    await settled();
    expect(app.route.to).toBe("home");
    expect(app.requests.inbox.waiting).toHaveLength(1);
    host.change(openView({ accounts, requests: [one] }));
    await settled();
    expect(app.route.to).toBe("home");
    app.requests.openWaiting();
    expect(app.route.to).toBe("answer");
  });

  test("does not interrupt typing", async () => {
    const { app, host } = await started(openView({ accounts }));
    app.add().goTo("key");
    host.change(openView({ accounts, requests: [one] }));
    await settled();
    expect(app.route.to).toBe("add");
    expect(app.requests.inbox.waiting).toHaveLength(1);
    app.goHome();
    expect(app.route.to).toBe("answer");
  });

  test("arrives on the screen that says the phone is ready: that is where a test is sent from", async () => {
    const { app, host } = await started(openView());
    await app.add().accept({ kind: "activation", draft: "d1", host: "devices.marlowe.example", known: false, refused: null });
    host.change(openView({ accounts, requests: [requestView({ test: true })] }));
    await settled();
    expect(app.route.to).toBe("answer");
  });

  test("among several is chosen from a list", async () => {
    const { app } = await started(openView({ accounts, requests: [one, two] }));
    expect(app.route.to).toBe("requests");
    const [, second] = app.requests.inbox.waiting;
    if (second) app.requests.open(second, "requests");
    app.requests.leaveAnswer();
    expect(app.route.to).toBe("requests");
  });

  test("keeps its end, whatever later views say", async () => {
    const { app, host, clock } = await started(openView({ accounts, requests: [one] }));
    const end = app.requests.inbox.waiting[0]?.endsAt;
    clock.pass(5_000);
    host.change(openView({ accounts, requests: [{ ...one, left_ms: 60_000 }] }));
    await settled();
    expect(app.requests.inbox.waiting[0]?.endsAt).toBe(end);
  });

  test("that ran out leaves the list", async () => {
    const { app, clock } = await started(openView({ accounts, requests: [one, two] }));
    clock.pass(60_000);
    expect(app.requests.inbox.waiting).toEqual([]);
    expect(app.route.to).toBe("home");
  });

  test("answered on another device closes the question", async () => {
    const { app, host } = await started(openView({ accounts, requests: [one] }));
    host.change(openView({ accounts }));
    await settled();
    expect(app.route).toMatchObject({ to: "answer", answering: { step: { at: "elsewhere" } } });
  });

  test("all of several can be denied at once", async () => {
    const { app, host } = await started(openView({ accounts, requests: [one, two] }));
    await app.requests.denyAll();
    expect(host.calls.filter(([name]) => name === "denyAll")).toEqual([["denyAll", ["r1", "r2"]]]);
    expect(app.route.to).toBe("home");
  });

  test("that could not be denied is still there, and it is said", async () => {
    const { app } = await started(
      openView({ accounts, requests: [one, two] }),
      (host) => (host.results = [{ is: "denied" }, { is: "offline" }]),
    );
    await app.requests.denyAll();
    expect(app.requests.inbox.problem?.code).toBe("service_down");
    expect(app.requests.inbox.waiting.map(({ request }) => request.id)).toEqual(["r2"]);
  });
});
