import { describe, expect, test } from "vitest";
import { BrowserPortal } from "./portal-browser";
import { BrowserTrail, addressOf, placeAt } from "./portal-trail";
import type { Browser } from "./portal-trail";
import { sessionView } from "./portal-fake";
import type { Place } from "../state/place";

interface Call {
  path: string;
  init: RequestInit;
}

/** A service that gives these answers one after another. */
function service(...answers: (Response | Error)[]): { portal: BrowserPortal; calls: Call[] } {
  const calls: Call[] = [];
  const portal = new BrowserPortal((path, init) => {
    calls.push({ path: String(path), init: init ?? {} });
    const answer = answers.shift() ?? new Error("no answer is left");
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  });
  return { portal, calls };
}
const says = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });
const header = ({ init }: Call, name: string) => new Headers(init.headers).get(name);

describe("a call", () => {
  test("that changes something carries the word of the session, JSON and nothing of another site", async () => {
    const { portal, calls } = service(says(sessionView({ csrf: "one" })), says(sessionView()));
    await portal.session();
    await portal.rename("a/b", "Ward phone");
    const call = calls[1];
    expect(call?.path).toBe("/self-service/v1/devices/a%2Fb/name");
    expect(call && [header(call, "x-countersign-csrf"), header(call, "content-type"), call.init.method]).toEqual([
      "one",
      "application/json",
      "PUT",
    ]);
    expect(call?.init.credentials).toBe("same-origin");
  });

  test("is told to the other tabs where it changed something, or told of a proof", async () => {
    const told: string[] = [];
    const answers = [sessionView(), sessionView(), { state: "waiting" }, { state: "confirmed" }];
    const portal = new BrowserPortal(
      () => Promise.resolve(says(answers.shift())),
      () => told.push(`${answers.length} left`),
    );
    await portal.session();
    await portal.rename("d1", "Ward phone");
    await portal.proof("p1", 0, new AbortController().signal);
    await portal.proof("p1", 1, new AbortController().signal);
    expect(told).toEqual(["2 left", "0 left"]);
  });

  test("with a word that another tab made old is made once more with the new one", async () => {
    const { portal, calls } = service(
      says(sessionView({ csrf: "old" })),
      says({ code: "other_site" }, 403),
      says(sessionView({ csrf: "new" })),
      says(sessionView()),
    );
    await portal.session();
    await portal.remove("d1");
    expect(calls.map((call) => header(call, "x-countersign-csrf"))).toEqual([null, "old", null, "new"]);
  });

  test("that is refused for good is not made again", async () => {
    const { portal, calls } = service(says(sessionView()), says({ code: "other_site" }, 403), says(sessionView()));
    await portal.session();
    await expect(portal.remove("d1")).rejects.toMatchObject({ code: "other_site" });
    expect(calls).toHaveLength(3);
  });

  test("that is refused says why, with its facts", async () => {
    const { portal } = service(says({ code: "number_known", device: "d1" }, 409));
    const wanted = { number: "1", landline: false, extension: null };
    await expect(portal.addNumber(wanted)).rejects.toEqual({
      code: "number_known",
      number: null,
      minutes: null,
      until: null,
      device: "d1",
    });
  });

  test.each([new TypeError("no network"), says("<html>", 502), new Response("<html>", { status: 502 })])(
    "without an answer of the service is unreachable",
    async (answer) => {
      await expect(service(answer).portal.site()).rejects.toMatchObject({ code: "unreachable" });
    },
  );
});

describe("the way back", () => {
  /** A browser's history without a browser. */
  class Pages implements Browser {
    states: unknown[] = [null];
    at = 0;
    location = { pathname: "/", search: "" };
    listener: (event: PopStateEvent) => void = () => undefined;
    history = {
      state: null as unknown,
      pushState: (state: unknown) => {
        this.states.splice(this.at + 1, Infinity, state);
        this.at += 1;
      },
      replaceState: (state: unknown) => void (this.states[this.at] = state),
      go: (by?: number) =>
        void queueMicrotask(() => {
          this.at += by ?? 0;
          this.listener({ state: this.states[this.at] } as PopStateEvent);
        }),
    };
    addEventListener = (_type: "popstate", listener: (event: PopStateEvent) => void) => void (this.listener = listener);
  }

  test("every place has an address that leads there again", () => {
    const places: Place[] = [
      { to: "devices" },
      { to: "add", step: "type" },
      { to: "reactivate", device: "d/1", step: "platform" },
      { to: "guide", guide: "new" },
      { to: "help" },
      { to: "lose" },
      { to: "lose", device: "d/1" },
      { to: "desk" },
      { to: "desk-person", person: "p1" },
    ];
    for (const place of places) {
      const url = new URL(addressOf(place), "https://portal.example");
      expect(url.pathname.split("/")).toHaveLength(2);
      expect(placeAt(url.pathname, url.search)).toEqual(place);
    }
  });

  test("goes a step back, and what is written while the browser moves stands at its own place", async () => {
    const pages = new Pages();
    const trail = new BrowserTrail(pages);
    const moved: Place[] = [];
    trail.onMove((place) => moved.push(place));
    trail.push({ to: "add", step: "type" });
    trail.push({ to: "prove", below: { to: "add", step: "type" } });
    trail.drop(1);
    trail.replace({ to: "add", step: "done" });
    await Promise.resolve();
    await Promise.resolve();
    expect(pages.at).toBe(1);
    expect(pages.states[1]).toMatchObject({ place: { to: "add", step: "done" } });
    expect(moved).toEqual([]);
    trail.back();
    await Promise.resolve();
    await Promise.resolve();
    expect([moved, trail.deep]).toEqual([[{ to: "devices" }], false]);
  });

  test("after a reload is where it was, below a proof", () => {
    const pages = new Pages();
    const below: Place = { to: "reactivate", device: "d1", step: "code", platform: "ios" };
    pages.history.state = { place: { to: "prove", below }, depth: 3 };
    expect(new BrowserTrail(pages).start).toEqual(below);
  });
});
