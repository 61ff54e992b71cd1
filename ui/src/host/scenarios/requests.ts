/** Sign-in requests, from the question to what became of them. */
import type { App } from "../../state/app.svelte";
import { openView, settingsView } from "../fake";
import type { FakeHost } from "../fake";
import type { RequestView } from "../generated/RequestView";
import { problem } from "../problem";
import { german, nothing, open, request, several } from "./made";
import type { Scenario } from "./made";

/** Taps are ignored for a moment after a question appears. */
const pause = () => new Promise((done) => setTimeout(done, 750));

function answering(prepare: (fake: FakeHost) => void, act: (app: App) => unknown, changes: Partial<RequestView> = {}): () => Scenario {
  return () => {
    const fake = open({ requests: [request(changes)] });
    prepare(fake);
    return {
      host: fake,
      then: async (app) => {
        await pause();
        await act(app);
      },
    };
  };
}

const at = (app: App) => {
  if (app.route.to !== "answer") throw new Error("no request is open");
  return app.route.answering;
};
const deny = (app: App) => at(app).deny();

export const requests: Record<string, () => Scenario> = {
  request: () => ({ host: open({ requests: [request()] }) }),
  "request-unusual": () => ({
    host: open({ requests: [request({ place: "Rotterdam, Netherlands", address: "203.0.113.80", unusual: true })] }),
  }),
  "request-told": () => ({
    host: open({
      requests: [
        request({
          told_by_application: [
            { label: "Workstation", value: "W4B-0172" },
            { label: "Patient list", value: "Ward 4B" },
          ],
        }),
      ],
    }),
  }),
  "request-test": () => ({ host: open({ requests: [request({ test: true, application: "Countersign" })] }) }),
  "request-german": () => ({
    host: open({
      accounts: german,
      requests: [
        request({
          application: "Patientenaktenverwaltung",
          organisation: "Universitätsklinikum Hohenbrück",
          username: "wilhelmine.oberhauser-freudenberg",
          place: "Stationsarbeitsplatz 4B, Unfallchirurgie",
        }),
      ],
    }),
  }),
  "number-empty": () => ({ host: open({ requests: [request({ number_digits: 3 })] }) }),
  number: () => ({ host: open({ requests: [request({ number_digits: 3 })] }), then: (app) => at(app).type("4") }),
  "number-full": () => ({ host: open({ requests: [request({ number_digits: 3 })] }), then: (app) => at(app).type("472") }),
  "number-six": () => ({ host: open({ requests: [request({ number_digits: 6, unusual: true })] }), then: (app) => at(app).type("4720") }),
  "number-wrong": answering(
    (fake) => (fake.results = [{ is: "wrong_number", tries_left: 1 }]),
    async (app) => {
      at(app).type("472");
      await at(app).approve();
    },
    { number_digits: 3 },
  ),
  "too-many-wrong": answering(
    (fake) => (fake.results = [{ is: "wrong_number", tries_left: 0 }]),
    async (app) => {
      at(app).type("472");
      await at(app).approve();
    },
    { number_digits: 3 },
  ),
  approved: answering(nothing, (app) => at(app).approve()),
  denied: answering(nothing, deny),
  reported: answering(nothing, async (app) => {
    await deny(app);
    await at(app).report();
  }),
  expired: () => ({
    host: open({ requests: [request({ left_ms: 150 })] }),
    then: () => new Promise((done) => setTimeout(done, 600)),
  }),
  elsewhere: answering(
    (fake) => (fake.results = [{ is: "answered_elsewhere" }]),
    (app) => at(app).approve(),
  ),
  "elsewhere-on": answering(nothing, (app) =>
    app.show(
      openView({
        answered: [{ id: at(app).request.id, device: "Ward 4B tablet", approved: true, at_ms: String(app.ticker.clock.wall()) }],
      }),
    ),
  ),
  offline: answering(
    (fake) => (fake.results = [{ is: "offline" }]),
    (app) => at(app).approve(),
  ),
  requests: () => ({ host: open({ requests: several() }) }),
  "request-secret": answering(
    (fake) => (fake.failing.answer = problem("fresh_unlock")),
    (app) => at(app).approve(),
  ),
  "request-secret-right": answering(
    (fake) => {
      // Asked for once: after the PIN the answer goes through.
      const { answer } = fake;
      let asked = false;
      fake.answer = (id, said) => {
        if (asked) return answer(id, said);
        asked = true;
        return Promise.reject(problem("fresh_unlock"));
      };
    },
    (app) => at(app).approve(),
  ),
  "request-secret-wrong": answering(
    (fake) => (fake.failing.answer = problem("fresh_unlock")),
    async (app) => {
      await at(app).approve();
      await at(app).confirming?.type("111111");
    },
  ),
  "request-passphrase": () => {
    const fake = open({ unlock_with: "passphrase", requests: [request()] });
    fake.failing.answer = problem("fresh_unlock");
    return {
      host: fake,
      then: async (app) => {
        await pause();
        await at(app).approve();
      },
    };
  },
  "offline-hidden": () => {
    const fake = open({ requests: [request()], settings: settingsView({ hide_passcodes: true }) });
    fake.results = [{ is: "offline" }];
    return {
      host: fake,
      then: async (app) => {
        await pause();
        await at(app).approve();
      },
    };
  },
  "report-failed": answering(
    (fake) => (fake.results = [{ is: "denied" }, { is: "offline" }]),
    async (app) => {
      await deny(app);
      await at(app).report();
    },
  ),
  "answer-refused": answering(
    (fake) => (fake.results = [{ is: "refused" }]),
    (app) => at(app).approve(),
  ),
  "requests-offline": () => {
    const fake = open({ requests: several() });
    fake.results = [{ is: "offline" }, { is: "offline" }, { is: "offline" }];
    return { host: fake, then: (app) => app.requests.denyAll() };
  },
};
