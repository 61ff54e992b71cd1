/** Moving to another phone with both in hand. */
import type { FakeHost } from "../fake";
import type { MoveStep } from "../generated/MoveStep";
import { PICTURE } from "../portal-fake";
import { problem } from "../problem";
import { german, open, request } from "./made";
import type { Scenario } from "./made";

const CODE = `data:image/svg+xml;base64,${btoa(PICTURE)}`;
const DEVICE = "Amara’s phone";

const movable = (id: string, title: string, account: string, can = true) => ({ id, title, account, can_move: can });

function moving(steps: MoveStep[], prepare: (fake: FakeHost) => void = () => undefined): () => Scenario {
  return () => {
    const fake = open();
    fake.movable = {
      accounts: [movable("a1", "Marlowe University Hospital", "a.lindqvist"), movable("a3", "Pharmacy cabinet 3", "lindqvist.a", false)],
      others: 2,
      under_way: null,
    };
    prepare(fake);
    fake.standings = steps.map((step, at) => ({ account_id: "a1", step, revision: String(at) }));
    return {
      host: fake,
      then: async (app) => {
        app.copies.move();
        await new Promise((done) => setTimeout(done, 50));
        if (app.route.to !== "move") throw new Error("nothing moves");
        if (steps.length > 0) await app.route.moving.show();
      },
    };
  };
}

/** Ended by the person, with both phones showing digits. */
function ended(how: "stop" | "differs"): () => Scenario {
  const begin = moving([{ at: "compare", model: "Pixel 8", check: "402915" }, { at: "over" }]);
  return () => {
    const { host, then } = begin();
    // The digits stay until the person says something
    const over = host.standings.splice(1);
    return {
      host,
      then: async (app) => {
        await then?.(app, host);
        host.standings = over;
        if (app.route.to === "move") await app.route.moving[how]();
      },
    };
  };
}

export const moves: Record<string, () => Scenario> = {
  move: moving([]),
  "move-none": moving([], (fake) => (fake.movable = { accounts: [], others: 2, under_way: null })),
  "move-cannot": moving(
    [],
    (fake) => (fake.movable = { accounts: [movable("a3", "Pharmacy cabinet 3", "lindqvist.a", false)], others: 0, under_way: null }),
  ),
  "move-several": moving([], (fake) => {
    fake.movable = { ...fake.movable, accounts: german.map(({ id, title, account }) => movable(id, title, account)) };
  }),
  "move-down": moving([], (fake) => (fake.failing.moveView = problem("service_down", "devices.marlowe.example"))),
  "move-code": moving([{ at: "shown", picture: CODE, left_ms: 592_000 }]),
  "move-compare": moving([{ at: "compare", model: "Pixel 8", check: "402915" }]),
  "move-testing": moving([{ at: "testing", device: DEVICE, arrived: true }]),
  "move-denied": moving([{ at: "untested", device: DEVICE, denied: true, arrived: true }]),
  "move-unanswered": moving([{ at: "untested", device: DEVICE, denied: false, arrived: false }]),
  "move-over": moving([{ at: "over" }]),
  "move-stopped": ended("stop"),
  "move-foreign": ended("differs"),
  moved: moving([{ at: "moved" }]),
  "moved-next": moving([{ at: "moved" }], (fake) => {
    fake.movable = {
      ...fake.movable,
      accounts: german.map(({ id, title, account }) => movable(id, title, account)),
    };
  }),
  "request-move": () => ({
    host: open({ requests: [request({ test: true, replaces: "Amara’s iPhone 12", application: "Countersign" })] }),
  }),
};
