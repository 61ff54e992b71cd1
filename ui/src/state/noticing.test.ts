import { describe, expect, test } from "vitest";
import { FakeHost, noticeView, openView, requestView } from "../host/fake";
import { problem } from "../host/problem";
import { App } from "./app.svelte";
import { Noticing } from "./noticing.svelte";
import { TestClock, settled } from "./testing";

const store = { getItem: () => null, setItem: () => undefined };
const told = noticeView();

function ask() {
  const host = new FakeHost(openView({ notices: [told] }));
  const noticing = new Noticing(host, told);
  const answers = () => host.calls.filter(([name]) => name === "answerNotice").map(([, ...args]) => args);
  return { host, noticing, answers };
}

async function started(...notices: ReturnType<typeof noticeView>[]) {
  const host = new FakeHost(openView({ notices }));
  const app = new App(host, new TestClock(), store);
  await app.start();
  return { host, app };
}

describe("a change of another device", () => {
  test("it was me: the host is told so, once", async () => {
    const { noticing, answers } = ask();
    await Promise.all([noticing.mine(), noticing.notMe(), noticing.mine()]);
    expect(noticing.step).toBe("mine");
    expect(answers()).toEqual([["w1", false]]);
    await noticing.notMe();
    expect(answers()).toHaveLength(1);
  });

  test("this wasn’t me: it is stopped", async () => {
    const { noticing, answers } = ask();
    await noticing.notMe();
    expect(noticing.step).toBe("stopped");
    expect(answers()).toEqual([["w1", true]]);
  });

  test("what did not get through can be said again", async () => {
    const { host, noticing } = ask();
    host.failing.answerNotice = problem("service_down");
    await noticing.notMe();
    expect([noticing.step, noticing.problem?.code]).toEqual(["question", "service_down"]);
    host.failing = {};
    await noticing.notMe();
    expect([noticing.step, noticing.problem]).toEqual(["stopped", null]);
  });

  test("what the service does not tell of any more is not said to be stopped", async () => {
    const { host, noticing } = ask();
    host.failing.answerNotice = problem("request_gone");
    await noticing.notMe();
    expect(noticing.step).toBe("gone");
  });
});

describe("in the app", () => {
  test("it opens from home, and done leads back there without it", async () => {
    const { app } = await started(told);
    app.requests.openNotice(told);
    if (app.route.to !== "notice") throw new Error("not open");
    await app.route.noticing.notMe();
    await app.refresh();
    expect(app.route.to === "notice" && app.route.noticing.step).toBe("stopped");
    app.back();
    expect(app.route.to).toBe("home");
    expect(app.open?.notices).toEqual([]);
  });

  test("a question whose notice went is over", async () => {
    const { host, app } = await started(told);
    app.requests.openNotice(told);
    host.change(openView());
    await settled();
    expect(app.route.to === "notice" && app.route.noticing.step).toBe("gone");
  });

  test("a sign-in request takes the window from the question, which waits on home", async () => {
    const { host, app } = await started(told);
    app.requests.openNotice(told);
    host.change(openView({ notices: [told], requests: [requestView()] }));
    await settled();
    expect(app.route.to).toBe("answer");
    expect(app.open?.notices).toEqual([told]);
  });

  test("nothing takes the window while the answer is on its way", async () => {
    const { host, app } = await started(told);
    app.requests.openNotice(told);
    if (app.route.to !== "notice") throw new Error("not open");
    const said = app.route.noticing.notMe();
    host.change(openView({ requests: [requestView()] }));
    expect(app.route.to).toBe("notice");
    await said;
    await settled();
  });
});
