/** States to look at in `preview.html`, one per screen; never part of the app. */
import type { Adding } from "../state/adding.svelte";
import type { App } from "../state/app.svelte";
import { FakeHost, accountView, lockedView, openView, requestView } from "./fake";
import type { OpenView } from "./fake";
import type { AccountView } from "./generated/AccountView";
import type { AppView } from "./generated/AppView";
import type { ProblemCode } from "./generated/ProblemCode";
import type { RequestView } from "./generated/RequestView";
import type { ScanView } from "./generated/ScanView";
import { problem } from "./problem";

export interface Scenario {
  host: FakeHost;
  /** Brings the window to the screen, as a person would. */
  then?: (app: App, host: FakeHost) => void | Promise<void>;
}

const EMBLEM =
  "data:image/svg+xml," +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" fill="#17504C"/><path d="M8 30V17.5a6 6 0 0 1 12 0V30M20 30V17.5a6 6 0 0 1 12 0V30" fill="none" stroke="#fff" stroke-width="3.6"/></svg>',
  );

const hospital = accountView({ mark: { kind: "logo", data_url: EMBLEM } });
const school = accountView({
  id: "a2",
  title: "Marlowe Medical School",
  issuer: "Marlowe Medical School",
  account: "al2207",
  mark: { kind: "initials", text: "MS" },
  state: "needs_reactivating",
});
const pharmacy = accountView({
  id: "a3",
  title: "Pharmacy cabinet 3",
  issuer: "Pharmacy cabinet 3",
  account: "lindqvist.a",
  mark: { kind: "initials", text: "PC" },
  counter_based: true,
  legacy: true,
});
const mail = accountView({
  id: "a4",
  kind: "other",
  title: "Personal mail",
  issuer: "Example Mail",
  account: "amara.lindqvist@example.org",
  mark: { kind: "initials", text: "P" },
  host: null,
  push: false,
});
const accounts = [hospital, school, pharmacy, mail];

const request = (changes: Partial<RequestView> = {}) =>
  requestView({ created_at_ms: String(Date.now() - 3_000), left_ms: 47_000, ...changes });

const several = [
  request(),
  request({ id: "r2", application: "Rota planner", left_ms: 39_000, created_at_ms: String(Date.now() - 20_000) }),
  request({ id: "r3", application: "Webmail", place: "Rotterdam, Netherlands", unusual: true, left_ms: 12_000 }),
];

const german = [
  accountView({
    title: "Universitätsklinikum Hohenbrück-Niederlausitz",
    issuer: "Universitätsklinikum Hohenbrück-Niederlausitz",
    account: "wilhelmine.oberhauser-freudenberg@uk-hohenbrueck.example",
    mark: { kind: "logo", data_url: EMBLEM },
  }),
  accountView({ ...school, title: "Fachkrankenhaus für Rehabilitationsmedizin", account: "w.oberhauser" }),
];

const activation: ScanView = { kind: "activation", draft: "d1", host: "devices.marlowe.example", known: false, refused: null };
const other: ScanView = {
  kind: "other",
  draft: "d2",
  issuer: "Example Mail",
  account: "amara.lindqvist@example.org",
  counter_based: false,
  digits: 6,
  period_seconds: 30,
  weak_key: true,
  duplicate: true,
};

function host(view: AppView): FakeHost {
  const made = new FakeHost(view);
  made.can.camera = true;
  made.codes = {
    a1: { code: "482913", next: "640127", leftMs: 18_000 },
    a4: { code: "073558", next: "216904", leftMs: 4_900 },
  };
  return made;
}

const open = (changes: Partial<OpenView> = {}) => host(openView({ accounts, ...changes }));
const picture = () => new Blob(["picture"]);

function adding(start: (adding: Adding, host: FakeHost) => void | Promise<void>, list: AccountView[] = accounts): () => Scenario {
  return () => ({ host: open({ accounts: list }), then: (app, fake) => start(app.add(), fake) });
}

/** Taps are ignored for a moment after a question appears. */
const pause = () => new Promise((done) => setTimeout(done, 800));

function answering(
  prepare: (fake: FakeHost) => void,
  act: (app: App) => Promise<void>,
  changes: Partial<RequestView> = {},
): () => Scenario {
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
const nothing = () => undefined;
const deny = (app: App) => at(app).deny();

function refused(code: ProblemCode): () => Scenario {
  return adding(async (flow, fake) => {
    fake.failing.activate = problem(code, "devices.marlowe.example");
    await flow.accept(activation as Extract<ScanView, { kind: "activation" }>);
  });
}

export const SCENARIOS: Record<string, () => Scenario> = {
  first: () => ({ host: host({ at: "first", unlock_with: "pin" }) }),
  "choose-pin": () => ({
    host: host({ at: "first", unlock_with: "pin" }),
    then: (app) => {
      app.begin("scan");
      return app.setup?.setup.type("123456");
    },
  }),
  "choose-passphrase": () => ({ host: host({ at: "first", unlock_with: "passphrase" }), then: (app) => app.begin("scan") }),
  lock: () => ({ host: host(lockedView()), then: (app) => app.lock.type("271") }),
  "lock-wrong": () => {
    const fake = host(lockedView());
    fake.triesLeft = 3;
    return { host: fake, then: (app) => app.lock.type("111111") };
  },
  wait: () => ({ host: host(lockedView({ wait_seconds: 48 })) }),
  passphrase: () => ({ host: host(lockedView({ unlock_with: "passphrase" })) }),
  stopped: () => ({ host: host(lockedView({ stopped: true })) }),
  faulty: () => ({ host: host({ at: "faulty", fault: "damaged", path: "/home/a.lindqvist/.local/share/countersign/vault.db" }) }),
  home: () => ({ host: open({ requests: [request()] }), then: (app) => app.leaveAnswer() }),
  "home-several": () => ({ host: open({ requests: several }), then: (app) => app.goHome() }),
  "home-offline": () => ({ host: open({ connection: "offline" }) }),
  "home-clock": () => ({ host: open({ clock: { seconds_fast: 240 } }) }),
  "home-empty": () => ({ host: open({ accounts: [] }) }),
  "home-counted": () => ({ host: open({ accounts: [pharmacy, mail, hospital] }), then: (app) => app.passcodes.tap(pharmacy) }),
  "home-german": () => ({
    host: open({ accounts: german, requests: [request({ application: "Patientenaktenverwaltung" })] }),
    then: (app) => app.leaveAnswer(),
  }),
  search: () => ({ host: open(), then: (app) => void (app.search = "radiology") }),
  account: () => ({ host: open(), then: (app) => app.openAccount("a1") }),
  rename: () => ({ host: open(), then: (app) => app.startRename({ ...hospital, title: "Hospital" }) }),
  remove: () => ({
    host: open(),
    then: (app) => {
      app.openAccount("a4");
      app.removing = { id: "a4", busy: false, problem: null };
    },
  }),
  settings: () => ({ host: open(), then: (app) => app.openSettings() }),
  add: adding(nothing),
  link: adding((flow, fake) => {
    fake.texts = {};
    return flow.readText("devices.marlowe.example/7Q2M-K4TD");
  }),
  key: adding(async (flow, fake) => {
    fake.failing.addTyped = problem("key_not_base32");
    flow.goTo("key");
    Object.assign(flow.form, { issuer: "Research data portal", account: "a.lindqvist", key: "jbsw y3dp ehpk 3px1" });
    await flow.addTyped();
  }),
  which: adding(async (flow, fake) => {
    fake.pictures = [activation, other, { kind: "foreign", what: "web_link", host: "menu.cafe-lindgren.example" }];
    await flow.readPicture(picture());
  }),
  confirm: adding((flow) => flow.pick(activation)),
  "confirm-known": adding((flow) => flow.pick({ ...activation, known: true })),
  "confirm-refused": adding((flow) => flow.pick({ ...activation, host: "xn--marlwe-wxa.example:8443", refused: "host_refused" })),
  "confirm-other": adding((flow) => flow.pick(other)),
  working: adding((flow, fake) => {
    fake.activate = () => new Promise(nothing);
    void flow.accept(activation as Extract<ScanView, { kind: "activation" }>);
  }),
  added: adding((flow) => flow.accept(activation as Extract<ScanView, { kind: "activation" }>), [mail]),
  "camera-off": adding((flow, fake) => {
    fake.camera = { is: "off" };
    return flow.scan();
  }),
  foreign: adding((flow) => flow.pick({ kind: "foreign", what: "web_link", host: "menu.cafe-lindgren.example" })),
  "no-code": adding((flow) => flow.readPicture(picture())),
  "code-refused": refused("code_refused"),
  certificate: refused("certificate_refused"),
  "service-down": refused("service_down"),
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
  expired: () => ({ host: open({ requests: [request({ left_ms: 300 })] }) }),
  elsewhere: answering(
    (fake) => (fake.results = [{ is: "answered_elsewhere" }]),
    (app) => at(app).approve(),
  ),
  offline: answering(
    (fake) => (fake.results = [{ is: "offline" }]),
    (app) => at(app).approve(),
  ),
  requests: () => ({ host: open({ requests: several }) }),
};
