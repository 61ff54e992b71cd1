/** A portal made of plain objects: for tests of the state, and for looking at the screens without a service behind. */
import type { ActivationWanted } from "./generated/self-service/ActivationWanted";
import type { DeskUser } from "./generated/self-service/DeskUser";
import type { LiveActivation } from "./generated/self-service/LiveActivation";
import type { NumberView } from "./generated/self-service/NumberView";
import type { OwnDevice } from "./generated/self-service/OwnDevice";
import type { ProofView } from "./generated/self-service/ProofView";
import type { RecognisedView } from "./generated/self-service/RecognisedView";
import type { SessionView } from "./generated/self-service/SessionView";
import type { SiteView } from "./generated/self-service/SiteView";
import type { TestView } from "./generated/self-service/TestView";
import type { Way } from "./generated/self-service/Way";
import type { Portal } from "./portal";
import { cardView } from "./portal-card";
import { portalProblem } from "./portal-problem";
import type { PortalProblem } from "./portal-problem";

const MINUTE = 60_000;

export const siteView = (changes: Partial<SiteView> = {}): SiteView => ({
  organisation: "Marlowe University Hospital",
  service_desk: { extension: "4477", number: "01632 960142", always: true },
  enrolment_open: true,
  calls: true,
  texts: true,
  shared: false,
  recognises: false,
  ...changes,
});

export const ownDevice = (changes: Partial<OwnDevice> = {}): OwnDevice => ({
  id: "d1",
  name: "Amara’s phone",
  kind: "phone",
  number: "+44 ••••• ••0471",
  standing: "works",
  default: true,
  first: "push",
  push: true,
  passcode: true,
  call: true,
  last_used_at: Date.now() - 3 * 24 * 60 * MINUTE,
  added_at: Date.now() - 400 * 24 * 60 * MINUTE,
  ...changes,
});

export const tablet = (changes: Partial<OwnDevice> = {}): OwnDevice =>
  ownDevice({
    id: "d2",
    name: "Amara’s tablet",
    kind: "tablet",
    number: null,
    default: false,
    call: false,
    last_used_at: new Date().setHours(7, 52, 0, 0),
    ...changes,
  });

export const landline = (changes: Partial<OwnDevice> = {}): OwnDevice =>
  ownDevice({
    id: "d3",
    name: "Office phone",
    kind: "landline",
    number: "+44 •••• ••0142",
    standing: "calls_only",
    default: false,
    first: "call",
    push: false,
    passcode: false,
    last_used_at: null,
    ...changes,
  });

export const way = (changes: Partial<Way> = {}): Way => ({
  kind: "push",
  device: "d1",
  name: "Amara’s phone",
  ending: null,
  why_not: null,
  best: false,
  ...changes,
});

export const WAYS: Way[] = [way(), way({ kind: "passcode", device: null, name: "" }), way({ kind: "call", ending: "0471" })];

export const sessionView = (changes: Partial<SessionView> = {}): SessionView => ({
  stage: "open",
  person: { name: "Amara Lindqvist", account: "a.lindqvist", operator: false },
  devices: [ownDevice(), tablet(), landline()],
  ways: WAYS,
  csrf: "a-word",
  idle_at: Date.now() + 15 * MINUTE,
  ends_at: Date.now() + 8 * 60 * MINUTE,
  proven_until: Date.now() + 5 * MINUTE,
  shared: false,
  listed_number: null,
  card: null,
  by_desk: [],
  this_device: null,
  ...changes,
});

/** A black square in a quiet zone, where a service draws a code. */
/** A code as it looks; nobody can scan it. */
export const PICTURE = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 37 37" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h37v37H0z"/><path d="${Array.from(
  { length: 29 * 29 },
  (_, at) => at,
)
  .filter((at) => ((at * 7919 + (at >> 3) * 104729) >> 2) % 5 < 2)
  .map((at) => `M${4 + (at % 29)} ${4 + Math.floor(at / 29)}h1v1h-1z`)
  .join(
    "",
  )}M4 4h7v7h-7zM26 4h7v7h-7zM4 26h7v7h-7z"/><path fill="#fff" d="M5 5h5v5h-5zM27 5h5v5h-5zM5 27h5v5h-5z"/><path d="M6 6h3v3h-3zM28 6h3v3h-3zM6 28h3v3h-3z"/></svg>`;

type Method = Exclude<keyof Portal, "millisFast">;

export class FakePortal implements Portal {
  siteView = siteView();
  /** Nobody is signed in where this is `null`. */
  view: SessionView | null;
  /** What signing in leads to. */
  signedIn: SessionView;
  /** What this computer tells of who is signed in on it. */
  computer: RecognisedView = { state: "not", why: "not_offered" };
  /** The password that is right, and the passcode, and the code in the text. */
  password = "right";
  passcode = "482913";
  code = "390771";
  /** Calls that are refused, once each, in this order. */
  refusals: { method: Method; problem: PortalProblem }[] = [];
  /** No call is answered at all. */
  down = false;
  /** The service never answers. */
  silent = false;
  /** What was called, in this order. */
  calls: Method[] = [];
  wanted: ActivationWanted | null = null;
  people: DeskUser[] = [];
  /** What only an app’s portal can do. */
  reactivateHere: NonNullable<Portal["reactivateHere"]> = (device) =>
    this.#answer("reactivateHere", () => {
      this.#change(device, { standing: "works", push: true, passcode: true });
      return this.#show({ this_device: device });
    });
  addHere: NonNullable<Portal["addHere"]> = (kind) =>
    this.#answer("addHere", () => {
      const added = ownDevice({ id: this.#id("device"), name: "New phone", kind, default: false, added_at: Date.now() });
      return this.#show({ devices: [...this.#in().devices, added], this_device: added.id });
    });
  #numbers = new Map<string, NumberView>();
  #live = new Map<string, { revision: number }>();
  #waiting = new Set<() => void>();
  #made = 0;

  constructor(view: SessionView | null = sessionView()) {
    this.view = view;
    this.signedIn = view ?? sessionView({ stage: "prove", proven_until: null });
  }

  millisFast = () => 0;

  /** Refuses the next call of `method`. */
  refuse(method: Method, code: PortalProblem["code"], facts: Partial<PortalProblem> = {}): void {
    this.refusals.push({ method, problem: portalProblem(code, facts) });
  }

  /** Something happened to the last proof, test or activation: every held call for it is answered. */
  happens(changes: Partial<ProofView> | Partial<TestView> | Partial<LiveActivation>): void {
    const [id, view] = [...this.#live.entries()].at(-1) ?? [];
    if (id === undefined || view === undefined) return;
    this.#live.set(id, { ...view, ...changes, revision: view.revision + 1 });
    if ("way" in view && "state" in changes && changes.state === "confirmed") this.proven();
    for (const wake of this.#waiting) wake();
  }

  /** The session is proven from now on. */
  proven(): void {
    this.view = { ...this.#in(), stage: "open", proven_until: Date.now() + 5 * MINUTE };
  }

  site: Portal["site"] = () => this.#answer("site", () => this.siteView);
  session: Portal["session"] = () => this.#answer("session", () => this.#in());
  stay: Portal["stay"] = () => this.#answer("stay", () => this.#show({ idle_at: Date.now() + 15 * MINUTE }));
  signIn: Portal["signIn"] = (_username, password) =>
    this.#answer("signIn", () => {
      if (password !== this.password) throw portalProblem("wrong_password", { number: 3, minutes: 15 });
      return (this.view = this.signedIn);
    });
  recognised: NonNullable<Portal["recognised"]> = () => this.#answer("recognised", () => this.computer);
  continueAs: NonNullable<Portal["continueAs"]> = (account) =>
    this.#answer("continueAs", () => {
      if (this.computer.state !== "known" || this.computer.account !== account) throw portalProblem("not_recognised");
      return (this.view = this.signedIn);
    });
  signOut: Portal["signOut"] = () => this.#answer("signOut", () => void (this.view = null));

  prove: Portal["prove"] = (wanted) =>
    this.#answer("prove", () => {
      if (wanted.way === "passcode") {
        if (wanted.passcode !== this.passcode) throw portalProblem("wrong_passcode");
        this.proven();
      }
      const device = "device" in wanted ? this.#device(wanted.device) : null;
      return this.#keep<ProofView>({
        id: this.#id("proof"),
        way: wanted.way,
        state: wanted.way === "passcode" ? "confirmed" : wanted.way === "call" ? "calling" : "waiting",
        number: wanted.way === "push" ? "472913" : wanted.way === "call" ? "472" : null,
        name: device?.name ?? "",
        ending: wanted.way === "call" ? (device?.number?.slice(-4) ?? null) : null,
        expires_at: Date.now() + 47_000,
        revision: 1,
      });
    });
  proof: Portal["proof"] = (id, after, signal) => this.#held(id, after, signal);
  cancelProof: Portal["cancelProof"] = (id) => this.#answer("cancelProof", () => this.#cancel<ProofView>(id));

  rename: Portal["rename"] = (device, name) => this.#answer("rename", () => this.#change(device, { name: name.trim() }));
  putFirst: Portal["putFirst"] = (device, first) =>
    this.#answer("putFirst", () => {
      const devices = this.#in().devices.map((each) => ({ ...each, default: each.id === device }));
      this.#show({ devices: devices.sort((one, other) => Number(other.default) - Number(one.default)) });
      return this.#change(device, { first });
    });
  remove: Portal["remove"] = (device) =>
    this.#answer("remove", () => {
      const left = this.#in().devices.filter((each) => each.id !== device);
      if (left.length === 0) throw portalProblem("last_way");
      return this.#show({ devices: left.map((each, at) => ({ ...each, default: at === 0 })) });
    });
  sendTest: Portal["sendTest"] = (device) =>
    this.#answer("sendTest", () =>
      this.#keep<TestView>({
        id: this.#id("test"),
        device,
        state: "waiting",
        arrived: false,
        expires_at: Date.now() + 47_000,
        revision: 1,
      }),
    );
  test: Portal["test"] = (id, after, signal) => this.#held(id, after, signal);

  addNumber: Portal["addNumber"] = (wanted) =>
    this.#answer("addNumber", () => {
      const view: NumberView = {
        id: this.#id("number"),
        shown: wanted.number === null ? (this.#in().listed_number?.shown ?? "") : wanted.landline ? "01632 960142" : "+44 7700 900386",
        by: wanted.landline ? ["call"] : ["text", "call"],
        confirmed: false,
        again_at: null,
        code_until: null,
      };
      this.#numbers.set(view.id, view);
      return view;
    });
  sendCode: Portal["sendCode"] = (number) =>
    this.#answer("sendCode", () => this.#number(number, { again_at: Date.now() + 24_000, code_until: Date.now() + 10 * MINUTE }));
  confirmNumber: Portal["confirmNumber"] = (number, code) =>
    this.#answer("confirmNumber", () => {
      if (code !== this.code) throw portalProblem("wrong_code", { number: 2 });
      return this.#number(number, { confirmed: true });
    });
  addLandline: Portal["addLandline"] = () =>
    this.#answer("addLandline", () => {
      const added = landline({ id: this.#id("device"), name: "Landline", added_at: Date.now() });
      return this.#show({ stage: "open", devices: [...this.#in().devices, added] });
    });

  activate: Portal["activate"] = (wanted) =>
    this.#answer("activate", () => {
      this.wanted = wanted;
      return this.#keep<LiveActivation>({
        id: this.#id("activation"),
        text: "https://devices.marlowe.example/activate#WXKFH1vH81s2cgU1N1d1",
        picture: PICTURE,
        text_to: wanted.for === "new" && wanted.number === null ? null : "+44 •••• ••0471",
        device: wanted.for === "again" ? wanted.device : null,
        state: "waiting",
        scanned: null,
        done: null,
        expires_at: Date.now() + 592_000,
        revision: 1,
      });
    });
  activation: Portal["activation"] = (id, after, signal) => this.#held(id, after, signal);
  textLink: Portal["textLink"] = (id) => this.#answer("textLink", () => this.#live.get(id) as LiveActivation);
  confirmScan: Portal["confirmScan"] = (id) =>
    this.#answer("confirmScan", () => {
      this.happens({ state: "confirmed" });
      return this.#live.get(id) as LiveActivation;
    });
  cancelActivation: Portal["cancelActivation"] = (id) => this.#answer("cancelActivation", () => this.#cancel<LiveActivation>(id));

  /** A phone scanned the code; whose it is, the page’s person says. */
  scannedBy(model = "Pixel 9", check = "482913"): void {
    this.happens({ state: "scanned", scanned: { model, check } });
  }

  /** The code was scanned, the digits were alike, the device works. */
  scanned(changes: Partial<OwnDevice> = {}): OwnDevice {
    const { wanted } = this;
    const before = wanted?.for === "again" ? this.#device(wanted.device) : null;
    const done =
      before === null
        ? ownDevice({ id: "d9", name: "New phone", number: "+44 ••••• ••0386", default: false, added_at: Date.now(), ...changes })
        : { ...before, standing: "works" as const, ...changes };
    const others = this.#in().devices.filter((each) => each.id !== done.id);
    this.#show({ devices: before === null ? [...others, done] : [done, ...others], stage: "open" });
    this.happens({ state: "done", scanned: null, done });
    return done;
  }

  makeCard: Portal["makeCard"] = () =>
    this.#answer("makeCard", () => {
      const made = cardView();
      this.#show({ card: { made_at: made.made_at, expires_at: made.expires_at, codes_left: made.codes.length } });
      return made;
    });
  stopCard: Portal["stopCard"] = () => this.#answer("stopCard", () => this.#show({ card: null }));

  deskFind: Portal["deskFind"] = (name) =>
    this.#answer("deskFind", () => ({ people: this.people.filter(({ account }) => account.startsWith(name)) }));
  deskPerson: Portal["deskPerson"] = (person) => this.#answer("deskPerson", () => this.#person(person));
  deskBypass: Portal["deskBypass"] = () => this.#answer("deskBypass", () => ({ code: "519304728", expires_at: Date.now() + 60 * MINUTE }));
  deskUnlock: Portal["deskUnlock"] = (person) =>
    this.#answer("deskUnlock", () => this.#changePerson({ ...this.#person(person), locked: false }));
  deskRelease: Portal["deskRelease"] = (person) =>
    this.#answer("deskRelease", () => {
      const user = this.#person(person);
      if (user.devices.some(({ standing }) => standing !== "needs_reactivating")) throw portalProblem("not_needed");
      return this.#changePerson({ ...user, released_until: Date.now() + 24 * 60 * MINUTE });
    });
  deskStopCard: Portal["deskStopCard"] = (person) =>
    this.#answer("deskStopCard", () => this.#changePerson({ ...this.#person(person), card: null }));
  deskSuspend: Portal["deskSuspend"] = (person, device) =>
    this.#answer("deskSuspend", () => {
      const user = this.#person(person);
      const devices = user.devices.map((each) => (each.id === device ? { ...each, standing: "needs_reactivating" as const } : each));
      return this.#changePerson({ ...user, devices });
    });

  async #answer<T>(method: Method, work: () => T): Promise<T> {
    this.calls.push(method);
    if (this.silent) await new Promise<never>(() => undefined);
    if (this.down) throw portalProblem("unreachable");
    const at = this.refusals.findIndex((each) => each.method === method);
    if (at >= 0) throw this.refusals.splice(at, 1)[0]?.problem;
    return work();
  }

  #in(): SessionView {
    if (this.view === null) throw portalProblem("signed_out");
    return this.view;
  }

  #show(changes: Partial<SessionView>): SessionView {
    return (this.view = { ...this.#in(), ...changes });
  }

  #device(id: string): OwnDevice {
    const found = this.#in().devices.find((each) => each.id === id);
    if (found === undefined) throw portalProblem("not_found");
    return found;
  }

  #change(id: string, changes: Partial<OwnDevice>): SessionView {
    this.#device(id);
    return this.#show({ devices: this.#in().devices.map((each) => (each.id === id ? { ...each, ...changes } : each)) });
  }

  #number(id: string, changes: Partial<NumberView>): NumberView {
    const view = this.#numbers.get(id);
    if (view === undefined) throw portalProblem("not_found");
    const next = { ...view, ...changes };
    this.#numbers.set(id, next);
    return next;
  }

  #person(id: string): DeskUser {
    const found = this.people.find((each) => each.id === id);
    if (found === undefined) throw portalProblem("not_found");
    return found;
  }

  #changePerson(user: DeskUser): DeskUser {
    this.people = this.people.map((each) => (each.id === user.id ? user : each));
    return user;
  }

  #id(kind: string): string {
    this.#made += 1;
    return `${kind}-${this.#made}`;
  }

  #keep<T extends { id: string; revision: number }>(view: T): T {
    this.#live.set(view.id, view);
    return view;
  }

  #cancel<T>(id: string): T {
    const view = { ...this.#live.get(id), state: "cancelled" };
    this.#live.delete(id);
    return view as T;
  }

  async #held<T extends { revision: number }>(id: string, after: number, signal: AbortSignal): Promise<T> {
    for (;;) {
      if (this.down) throw portalProblem("unreachable");
      const view = this.#live.get(id);
      if (view === undefined) throw portalProblem("not_found");
      if (view.revision !== after) return view as T;
      await new Promise<void>((resolve, reject) => {
        const wake = () => {
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
        signal.addEventListener("abort", () => {
          this.#waiting.delete(wake);
          reject(new DOMException("aborted", "AbortError"));
        });
      });
    }
  }
}
