/** Adding an account: from a camera, picture, link or key to a yes, and what to do when it is refused. */
import type { AccountView } from "../host/generated/AccountView";
import type { Algorithm } from "../host/generated/Algorithm";
import type { Problem } from "../host/generated/Problem";
import type { ScanView } from "../host/generated/ScanView";
import type { UnimportedView } from "../host/generated/UnimportedView";
import type { Host } from "../host/host";
import { asProblem, problem } from "../host/problem";
import { Importing, lastOfEach } from "./importing.svelte";
import { Restoring } from "./restoring.svelte";

export type Activation = Extract<ScanView, { kind: "activation" }>;
export type Other = Extract<ScanView, { kind: "other" }>;
export type Unusable = Extract<ScanView, { kind: "foreign" }>;

export type AddStep =
  | { at: "ways" }
  | { at: "reading" }
  | { at: "import" }
  | { at: "restore" }
  | { at: "camera-off" }
  | { at: "link" }
  | { at: "key" }
  | { at: "which"; scans: ScanView[] }
  | { at: "confirm"; scan: Activation }
  | { at: "confirm-other"; scan: Other }
  | { at: "working"; host: string | null }
  | { at: "compare"; check: string }
  | { at: "added"; account: AccountView; test: "unsent" | "sending" | "sent" | Problem }
  | { at: "unusable"; scan: Unusable }
  | { at: "refused"; problem: Problem; retry: Activation | Other | null };

/** Where the code came from, which is where another one is offered from. */
export type Source = "camera" | "screen" | "picture" | "clipboard" | "link";

export interface KeyForm {
  issuer: string;
  account: string;
  key: string;
  counter_based: boolean;
  digits: number;
  period_seconds: number;
  algorithm: Algorithm;
  /** Only where an import said so. */
  steam: boolean;
}

/** Fields of the typed key that a refusal belongs to. */
export type KeyField = "issuer" | "key" | "form";

const emptyForm = (): KeyForm => ({
  issuer: "",
  account: "",
  key: "",
  counter_based: false,
  digits: 6,
  period_seconds: 30,
  algorithm: "Sha1",
  steam: false,
});

export class Adding {
  #host: Host;
  #finished: () => void;
  #leave: () => void;
  step = $state<AddStep>({ at: "ways" });
  link = $state("");
  linkProblem = $state<Problem | Unusable | null>(null);
  form = $state<KeyForm>(emptyForm());
  keyProblem = $state<{ field: KeyField; problem: Problem } | null>(null);
  busy = $state(false);
  source = $state<Source>("picture");
  readonly importing: Importing;
  readonly restoring: Restoring;
  /** The entry of an import that an account is added for, and where that began. */
  #fixing: { id: string; from: "key" | "ways" } | null = null;

  /** `finished` is called when the list of accounts changed, `leave` to go back to it. */
  constructor(host: Host, finished: () => void, leave: () => void) {
    this.#host = host;
    this.#finished = finished;
    this.#leave = leave;
    this.importing = new Importing(host, finished, (scans) => this.#offerAll(scans));
    this.restoring = new Restoring(host, finished);
  }

  goTo(at: "ways" | "link" | "key" | "import"): void {
    if (at === "import") this.importing.begin();
    this.step = { at };
  }

  /** An account that an import could not take: it leaves that list once it is here, whatever it is called then. */
  fix(entry: UnimportedView, from: "key" | "ways"): void {
    this.#fixing = { id: entry.id, from };
    // One name alone is whose account it is
    const [issuer, account] = entry.issuer === "" ? [entry.account, ""] : [entry.issuer, entry.account];
    this.form = { ...emptyForm(), ...entry.settings, issuer, account };
    this.step = { at: from };
  }

  /** Accounts out of a backup, which is looked for where one may lie here. */
  restore(mayLook: boolean): Promise<void> {
    this.step = { at: "restore" };
    return this.restoring.begin(mayLook);
  }

  /** One step back. What was typed stays. */
  back(): void {
    switch (this.step.at) {
      case "working":
      case "reading":
        return;
      case "ways":
      case "compare":
      case "added":
        this.#leave();
        return;
      case "import":
        if (this.importing.back()) return;
        if (this.importing.step.at === "done") this.#leave();
        else this.step = { at: "ways" };
        return;
      case "restore":
        if (this.restoring.back()) return;
        if (this.restoring.step.at === "done") this.#leave();
        else this.step = { at: "ways" };
        return;
      case "confirm":
      case "confirm-other":
      case "refused":
        this.step = { at: this.source === "link" ? "link" : "ways" };
        return;
      default:
        if (this.step.at === this.#fixing?.from) this.#leave();
        else this.step = { at: "ways" };
    }
  }

  cancel(): void {
    this.#leave();
  }

  async openSystemSettings(): Promise<void> {
    try {
      await this.#host.openSystemSettings();
    } catch (thrown) {
      this.step = { at: "refused", problem: asProblem(thrown), retry: null };
    }
  }

  scan(): Promise<void> {
    return this.#read("camera", async () => {
      const seen = await this.#host.scan();
      switch (seen.is) {
        case "code":
          return [seen.scan];
        case "left":
          return [];
        case "off":
          return { at: "camera-off" };
      }
    });
  }

  readPicture(picture: Blob): Promise<void> {
    return this.#read("picture", async () => {
      const scans = await this.#host.readPicture(new Uint8Array(await picture.arrayBuffer()));
      if (scans.length === 0) throw problem("no_code_in_picture");
      return scans;
    });
  }

  readClipboard(): Promise<void> {
    return this.#read("clipboard", async () => {
      const scans = await this.#host.readClipboard();
      if (scans.length === 0) throw problem("empty_clipboard");
      return scans;
    });
  }

  /** Codes that stand on this computer's screen now. */
  captureScreen(): Promise<void> {
    return this.#read("screen", async () => {
      const scans = await this.#host.captureScreen();
      if (scans.length === 0) throw problem("no_code_in_picture");
      return scans;
    });
  }

  takeIncoming(): Promise<void> {
    return this.#read("picture", () => this.#host.takeIncoming());
  }

  /** A text dropped on or pasted into the window, wherever the person is. */
  readText(text: string): Promise<void> {
    this.link = text.trim();
    this.step = { at: "link" };
    return this.readLink();
  }

  /** The link in the field: what is wrong with it is said beside it. */
  async readLink(): Promise<void> {
    const text = this.link.trim();
    if (this.busy) return;
    if (text === "") {
      this.linkProblem = problem("not_an_activation");
      return;
    }
    this.busy = true;
    this.source = "link";
    this.linkProblem = null;
    try {
      const scan = await this.#host.readText(text);
      if (scan.kind === "foreign") this.linkProblem = scan;
      else this.#offer(scan);
    } catch (thrown) {
      this.linkProblem = asProblem(thrown);
    } finally {
      this.busy = false;
    }
  }

  pick(scan: ScanView): void {
    this.#offer(scan);
  }

  async accept(scan: Activation | Other): Promise<void> {
    if (this.busy || (scan.kind === "activation" && scan.refused !== null)) return;
    this.busy = true;
    this.step = { at: "working", host: scan.kind === "activation" ? scan.host : null };
    try {
      if (scan.kind === "activation") await this.#activate(scan.draft);
      else this.#added(await this.#host.addOther(scan.draft));
    } catch (thrown) {
      const refusal = asProblem(thrown);
      this.step = { at: "refused", problem: refusal, retry: mayRetry(refusal) ? scan : null };
    } finally {
      this.busy = false;
    }
  }

  /** Where the page with the code shows digits, they are compared first; it goes on while the person is elsewhere. */
  async #activate(draft: string): Promise<void> {
    const activated = await this.#host.activate(draft);
    if (activated.is === "added") {
      this.#added(activated.account);
      return;
    }
    this.step = { at: "compare", check: activated.check };
    this.#finished();
    this.#added(await this.#host.finishActivation(activated.id));
  }

  async addTyped(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.keyProblem = null;
    try {
      this.#added(await this.#host.addTyped($state.snapshot(this.form)));
      this.form = emptyForm();
    } catch (thrown) {
      const refusal = asProblem(thrown);
      this.keyProblem = { field: fieldOf(refusal), problem: refusal };
    } finally {
      this.busy = false;
    }
  }

  async sendTest(): Promise<void> {
    if (this.step.at !== "added" || this.step.test === "sending") return;
    const { account } = this.step;
    this.step = { at: "added", account, test: "sending" };
    let test: "sent" | Problem = "sent";
    try {
      await this.#host.sendTest(account.id);
    } catch (thrown) {
      test = asProblem(thrown);
    }
    if (this.step.at === "added") this.step = { at: "added", account, test };
  }

  async #read(source: Source, work: () => Promise<ScanView[] | AddStep>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.source = source;
    const before = this.step;
    this.step = { at: "reading" };
    try {
      const scans = await work();
      if (!Array.isArray(scans)) {
        this.step = scans;
        return;
      }
      if (scans.length === 0) this.step = before;
      else this.#offerAll(lastOfEach(scans));
    } catch (thrown) {
      this.step = { at: "refused", problem: asProblem(thrown), retry: null };
    } finally {
      this.busy = false;
    }
  }

  #offerAll(scans: ScanView[]): void {
    const [first] = scans;
    if (scans.length > 1) this.step = { at: "which", scans };
    else if (first !== undefined) this.#offer(first);
  }

  #offer(scan: ScanView): void {
    switch (scan.kind) {
      case "activation":
        this.step = { at: "confirm", scan };
        return;
      case "other":
        this.step = { at: "confirm-other", scan };
        return;
      case "import":
        this.importing.review(scan);
        this.step = { at: "import" };
        return;
      default:
        this.step = { at: "unusable", scan };
    }
  }

  #added(account: AccountView): void {
    this.link = "";
    this.step = { at: "added", account, test: "unsent" };
    if (this.#fixing !== null) void this.#settle(this.#fixing.id);
    this.#finished();
  }

  async #settle(entry: string): Promise<void> {
    this.#fixing = null;
    try {
      await this.#host.dismissUnimported([entry]);
      this.#finished();
    } catch {
      // It stays in its list, where it can be dismissed
    }
  }
}

/** Refusals that may pass by themselves, so that the same yes can be said again. */
function mayRetry(refusal: Problem): boolean {
  return ["service_down", "host_unknown", "certificate_refused", "clock_wrong", "not_stored", "unforeseen"].includes(refusal.code);
}

function fieldOf(refusal: Problem): KeyField {
  if (refusal.code === "key_not_base32" || refusal.code === "key_too_short") return "key";
  if (refusal.code === "name_missing" || refusal.code === "name_too_long") return "issuer";
  return "form";
}
