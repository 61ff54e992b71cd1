/** Adding an account. */
import type { Adding } from "../../state/adding.svelte";
import type { FakeHost } from "../fake";
import type { AccountView } from "../generated/AccountView";
import type { ImportFound } from "../generated/ImportFound";
import type { ProblemCode } from "../generated/ProblemCode";
import type { ScanView } from "../generated/ScanView";
import { problem } from "../problem";
import { accounts, mail, never, nothing, open } from "./made";
import type { Scenario } from "./made";

type Activation = Extract<ScanView, { kind: "activation" }>;

const activation: Activation = { kind: "activation", draft: "d1", host: "devices.marlowe.example", known: false, refused: null };
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

const imported = (position: number, issuer: string, account: string, changes: Partial<ImportFound["accounts"][number]> = {}) => ({
  position,
  issuer,
  account,
  here: false,
  trashed: false,
  ...changes,
});
const exported: ImportFound = {
  draft: "d3",
  app: "aegis",
  accounts: [
    imported(0, "Library", "al2207"),
    imported(1, "Conference registration", "amara.lindqvist@example.org"),
    imported(2, "Personal mail", "amara.lindqvist@example.org", { here: true }),
  ],
  refused: [{ position: 3, label: "Old VPN", reason: "bad_key" }],
  parts: 1,
  parts_of: 1,
};

const picture = () => new Blob(["picture"]);

function adding(start: (adding: Adding, host: FakeHost) => unknown, list: AccountView[] = accounts): () => Scenario {
  return () => ({ host: open({ accounts: list }), then: (app, fake) => start(app.add(), fake) });
}

function refused(code: ProblemCode): () => Scenario {
  return adding(async (flow, fake) => {
    fake.failing.activate = problem(code, "devices.marlowe.example");
    await flow.accept(activation);
  });
}

export const add: Record<string, () => Scenario> = {
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
  compare: adding(async (flow, fake) => {
    fake.activate = () => Promise.resolve({ is: "compare", id: "a9", check: "482913" });
    fake.finishActivation = never;
    void flow.accept(activation);
    await Promise.resolve();
  }),
  working: adding((flow, fake) => {
    fake.activate = never;
    void flow.accept(activation);
  }),
  added: adding((flow) => flow.accept(activation), [mail]),
  "camera-off": adding((flow, fake) => {
    fake.camera = { is: "off" };
    return flow.scan();
  }),
  foreign: adding((flow) => flow.pick({ kind: "foreign", what: "web_link", host: "menu.cafe-lindgren.example" })),
  "no-code": adding((flow) => flow.readPicture(picture())),
  "code-refused": refused("code_refused"),
  certificate: refused("certificate_refused"),
  "service-down": refused("service_down"),
  "add-desktop": () => {
    const fake = open();
    fake.can = { ...fake.can, camera: false, capture: true };
    return { host: fake, then: (app) => app.add() };
  },
  "screen-no-code": adding((flow) => flow.captureScreen()),
  "contact-card": adding((flow) => flow.pick({ kind: "foreign", what: "contact_card", host: null })),
  "broken-activation": adding((flow) => flow.pick({ kind: "foreign", what: "broken_activation", host: null })),
  import: adding((flow) => flow.goTo("import")),
  "import-review": adding((flow) => flow.pick({ kind: "import", ...exported })),
  "import-part": adding((flow) => flow.pick({ kind: "import", ...exported, app: "google", parts: 1, parts_of: 3 })),
  "import-password": adding(async (flow, fake) => {
    fake.exported = { is: "locked", draft: "d4" };
    flow.goTo("import");
    await flow.importing.readFile(picture());
    flow.importing.password = "not this one";
    await flow.importing.unlock();
  }),
  "import-done": adding(async (flow) => {
    flow.pick({ kind: "import", ...exported });
    await flow.importing.add();
  }),
  "import-refused": adding(async (flow, fake) => {
    fake.failing.readImport = problem("not_an_export");
    flow.goTo("import");
    await flow.importing.readFile(picture());
  }),
  "key-options": adding(async (flow) => {
    flow.goTo("key");
    await new Promise((done) => requestAnimationFrame(done));
    document.querySelector<HTMLElement>("[aria-expanded]")?.click();
  }),
  "added-other": adding(async (flow) => flow.accept(other as Extract<ScanView, { kind: "other" }>), [mail]),
  "already-here": refused("already_here"),
  "host-unknown": refused("host_unknown"),
};
