import { describe, expect, test } from "vitest";
import { FakeHost, accountView, openView } from "../host/fake";
import type { ScanView } from "../host/generated/ScanView";
import { PROBLEM_CODES, problem } from "../host/problem";
import { Adding } from "./adding.svelte";
import type { Activation } from "./adding.svelte";
import { settled } from "./testing";

const activation: Activation = { kind: "activation", draft: "d1", host: "devices.marlowe.example", known: false, refused: null };
const foreign: ScanView = { kind: "foreign", what: "web_link", host: "menu.cafe-lindgren.example" };
const LINK = "https://devices.marlowe.example/activate#AbCdEfGhIjKlMnOpQrSt";

function begin() {
  const host = new FakeHost(openView());
  const left: string[] = [];
  const adding = new Adding(
    host,
    () => left.push("changed"),
    () => left.push("home"),
  );
  const called = (name: string) => host.calls.filter(([each]) => each === name).length;
  return { host, adding, left, called };
}
const picture = () => new Blob(["picture"]);

test("nothing is activated before a person said yes to the host", async () => {
  const { host, adding, called } = begin();
  host.pictures = [activation];
  await adding.readPicture(picture());
  expect(adding.step).toEqual({ at: "confirm", scan: activation });
  expect(called("activate")).toBe(0);
  await adding.accept(activation);
  expect(host.calls.at(-1)).toEqual(["activate", "d1"]);
  expect(adding.step.at).toBe("added");
});

describe("digits that a page shows too", () => {
  function compared() {
    const all = begin();
    let settle: { yes: () => void; no: () => void } | undefined;
    all.host.activate = () => Promise.resolve({ is: "compare", id: "a9", check: "482913" });
    all.host.finishActivation = () =>
      new Promise((resolve, reject) => (settle = { yes: () => resolve(accountView()), no: () => reject(problem("code_refused")) }));
    return { ...all, settle: () => settle };
  }

  test("are shown until somebody there said that they match", async () => {
    const { adding, settle, left } = compared();
    const accepted = adding.accept(activation);
    await settled();
    expect(adding.step).toEqual({ at: "compare", check: "482913" });
    settle()?.yes();
    await accepted;
    expect([adding.step.at, left]).toEqual(["added", ["changed", "changed"]]);
  });

  test("that did not match are a code that is refused", async () => {
    const { adding, settle } = compared();
    const accepted = adding.accept(activation);
    await settled();
    settle()?.no();
    await accepted;
    expect(adding.step).toMatchObject({ at: "refused", problem: { code: "code_refused" }, retry: null });
  });

  test("go on being compared when the screen is left", async () => {
    const { adding, settle, left } = compared();
    const accepted = adding.accept(activation);
    await settled();
    adding.back();
    expect(left).toEqual(["changed", "home"]);
    settle()?.yes();
    await accepted;
    expect(left).toEqual(["changed", "home", "changed"]);
  });
});

test("a host that may not be used cannot be accepted", async () => {
  const { adding, called } = begin();
  await adding.accept({ ...activation, refused: "host_refused" });
  expect(called("activate")).toBe(0);
});

test("several codes in a picture are a choice", async () => {
  const { host, adding } = begin();
  host.pictures = [foreign, activation];
  await adding.readPicture(picture());
  expect(adding.step).toEqual({ at: "which", scans: [foreign, activation] });
  adding.pick(activation);
  expect(adding.step.at).toBe("confirm");
});

test("a picture without a code says so", async () => {
  const { adding } = begin();
  await adding.readPicture(picture());
  expect(adding.step).toMatchObject({ at: "refused", problem: { code: "no_code_in_picture" } });
});

test("a foreign code says what it is", async () => {
  const { host, adding } = begin();
  host.clipboard = [foreign];
  await adding.readClipboard();
  expect(adding.step).toEqual({ at: "unusable", scan: foreign });
});

test("a camera that is turned off says so", async () => {
  const { host, adding } = begin();
  host.camera = { is: "off" };
  await adding.scan();
  expect(adding.step.at).toBe("camera-off");
});

test("a code through the camera leads to the question", async () => {
  const { host, adding } = begin();
  host.camera = { is: "code", scan: activation };
  await adding.scan();
  expect(adding.step).toEqual({ at: "confirm", scan: activation });
});

test("leaving the camera changes nothing", async () => {
  const { adding } = begin();
  await adding.scan();
  expect(adding.step.at).toBe("ways");
});

describe("a link", () => {
  test("leads to the same question", async () => {
    const { host, adding } = begin();
    host.texts[LINK] = activation;
    adding.goTo("link");
    adding.link = `  ${LINK}\n`;
    await adding.readLink();
    expect(adding.step.at).toBe("confirm");
  });

  test("that is none is refused beside the field, and stays in it", async () => {
    const { adding } = begin();
    adding.goTo("link");
    adding.link = "not a link";
    await adding.readLink();
    expect(adding.step.at).toBe("link");
    expect(adding.link).toBe("not a link");
    expect(adding.linkProblem).toMatchObject({ kind: "foreign" });
  });

  test("is still there after going back from the question", async () => {
    const { host, adding } = begin();
    host.texts[LINK] = activation;
    await adding.readText(LINK);
    adding.back();
    expect(adding.step.at).toBe("link");
    expect(adding.link).toBe(LINK);
  });
});

describe("a refused activation", () => {
  test("that may pass by itself can be tried again with the same yes", async () => {
    const { host, adding } = begin();
    host.failing.activate = problem("service_down", "devices.marlowe.example");
    await adding.accept(activation);
    expect(adding.step).toEqual({ at: "refused", problem: host.failing.activate, retry: activation });
    delete host.failing.activate;
    await adding.accept(activation);
    expect(adding.step.at).toBe("added");
  });

  test("with a used code cannot", async () => {
    const { host, adding } = begin();
    host.failing.activate = problem("code_refused");
    await adding.accept(activation);
    expect(adding.step).toMatchObject({ at: "refused", retry: null });
  });

  test.each(PROBLEM_CODES)("%s leaves the working screen", async (code) => {
    const { host, adding } = begin();
    host.failing.activate = problem(code);
    await adding.accept(activation);
    expect(adding.step).toMatchObject({ at: "refused", problem: { code } });
    adding.back();
    expect(adding.step.at).toBe("ways");
  });

  test("that is no refusal at all is unforeseen", async () => {
    const { host, adding } = begin();
    host.failing.activate = new Error("socket closed");
    await adding.accept(activation);
    expect(adding.step).toMatchObject({ at: "refused", problem: { code: "unforeseen" } });
  });
});

describe("a typed key", () => {
  test("is handed over as it was typed", async () => {
    const { host, adding } = begin();
    Object.assign(adding.form, { issuer: "Research", account: "a.l", key: "jbsw y3dp ehpk 3pxp", digits: 8 });
    await adding.addTyped();
    expect(host.calls.at(-1)).toEqual([
      "addTyped",
      {
        issuer: "Research",
        account: "a.l",
        key: "jbsw y3dp ehpk 3pxp",
        counter_based: false,
        digits: 8,
        period_seconds: 30,
        algorithm: "Sha1",
        steam: false,
      },
    ]);
    expect(adding.step.at).toBe("added");
    expect(adding.form.key).toBe("");
  });

  test.each([
    ["key_not_base32", "key"],
    ["key_too_short", "key"],
    ["name_missing", "issuer"],
    ["name_too_long", "issuer"],
    ["already_here", "form"],
  ] as const)("refused with %s says so at the %s, and everything typed stays", async (code, field) => {
    const { host, adding } = begin();
    host.failing.addTyped = problem(code);
    adding.goTo("key");
    Object.assign(adding.form, { issuer: "Research", key: "jbsw1" });
    await adding.addTyped();
    expect(adding.step.at).toBe("key");
    expect(adding.keyProblem).toMatchObject({ field, problem: { code } });
    expect(adding.form.key).toBe("jbsw1");
  });
});

test("a test request says whether it was sent", async () => {
  const { host, adding } = begin();
  await adding.accept(activation);
  await adding.sendTest();
  expect(adding.step).toMatchObject({ at: "added", test: "sent" });
  host.failing.sendTest = problem("service_down");
  await adding.sendTest();
  expect(adding.step).toMatchObject({ at: "added", test: { code: "service_down" } });
});

test("one thing at a time: a second picture while the first is read is ignored", async () => {
  const { host, adding, called } = begin();
  host.pictures = [activation];
  await Promise.all([adding.readPicture(picture()), adding.readPicture(picture())]);
  expect(called("readPicture")).toBe(1);
});
