/** Accounts out of another app: what its file or codes hold, which of them are wanted, and what came of it. */
import { SvelteSet } from "svelte/reactivity";
import type { ImportFound } from "../host/generated/ImportFound";
import type { ImportReceipt } from "../host/generated/ImportReceipt";
import type { Problem } from "../host/generated/Problem";
import type { ScanView } from "../host/generated/ScanView";
import type { Host } from "../host/host";
import { asProblem, problem } from "../host/problem";

export type ImportStep =
  | { at: "apps" }
  | { at: "reading" }
  | { at: "password"; draft: string }
  | { at: "review"; found: ImportFound }
  | { at: "done"; receipt: ImportReceipt }
  | { at: "refused"; problem: Problem; before: ImportStep | null }
  | { at: "camera-off"; before: ImportStep };

/** The longest file that is read, as the engine has it. */
const LONGEST = 8 * 1024 * 1024;

/** Codes of one export are one draft, of which the last that was read knows all parts. */
export function lastOfEach(scans: readonly ScanView[]): ScanView[] {
  return scans.filter(
    (scan, at) => scan.kind !== "import" || !scans.slice(at + 1).some((later) => later.kind === "import" && later.draft === scan.draft),
  );
}

export class Importing {
  #host: Host;
  #finished: () => void;
  #others: (scans: ScanView[]) => void;
  step = $state.raw<ImportStep>({ at: "apps" });
  password = $state("");
  /** What is wrong with the password, or why nothing was added. */
  problem = $state.raw<Problem | null>(null);
  busy = $state(false);
  /** The places of the accounts that are wanted. */
  readonly chosen = new SvelteSet<number>();
  #reviewed: ImportFound | null = null;

  /** `finished` is called when accounts were added, `others` with codes that are not those of one export. */
  constructor(host: Host, finished: () => void, others: (scans: ScanView[]) => void) {
    this.#host = host;
    this.#finished = finished;
    this.#others = others;
  }

  begin(): void {
    this.step = { at: "apps" };
    this.password = "";
    this.problem = null;
  }

  /** One step back; `false` where there is none. What was read stays until the app is locked. */
  back(): boolean {
    // A password may take seconds; whoever leaves meanwhile does not wait for it
    if (this.busy && this.step.at !== "password") return true;
    if (this.step.at === "apps" || this.step.at === "done") return false;
    this.begin();
    return true;
  }

  goBackTo(step: ImportStep): void {
    this.step = step;
  }

  readFile(file: Blob): Promise<void> {
    return this.#read(async () => {
      if (file.size > LONGEST) throw problem("export_too_large");
      const read = await this.#host.readImport(new Uint8Array(await file.arrayBuffer()));
      if (read.is === "found") this.review(read);
      else this.step = { at: "password", draft: read.draft };
    });
  }

  /** Pictures of export codes, in any order. */
  readPictures(pictures: readonly Blob[]): Promise<void> {
    return this.#read(async () => {
      const scans: ScanView[] = [];
      for (const picture of pictures) scans.push(...(await this.#host.readPicture(new Uint8Array(await picture.arrayBuffer()))));
      this.#take(scans);
    });
  }

  /** An export code before the camera; the next part of the same export comes beside the others. */
  scan(): Promise<void> {
    return this.#read(async () => {
      const seen = await this.#host.scan();
      if (seen.is !== "code") return seen.is;
      this.#take([seen.scan]);
      return undefined;
    });
  }

  async unlock(): Promise<void> {
    const { step } = this;
    if (step.at !== "password" || this.busy || this.password === "") return;
    this.busy = true;
    this.problem = null;
    try {
      const found = await this.#host.unlockImport(step.draft, this.password);
      if (this.step !== step) return;
      this.password = "";
      this.review(found);
    } catch (thrown) {
      if (this.step !== step) return;
      const refusal = asProblem(thrown);
      if (refusal.code === "export_password") this.problem = refusal;
      else {
        this.password = "";
        this.step = { at: "refused", problem: refusal, before: null };
      }
    } finally {
      this.busy = false;
    }
  }

  /** Shows what was found; what is here already and what was in the other app's bin is not wanted unless somebody says so. */
  review(found: ImportFound): void {
    if (this.#reviewed?.draft !== found.draft) this.chosen.clear();
    // What was taken or left before the next part came stays so
    const seen = new Set(this.#reviewed?.draft === found.draft ? this.#reviewed.accounts.map(({ position }) => position) : []);
    for (const { position, here, trashed } of found.accounts) {
      if (here) this.chosen.delete(position);
      else if (!trashed && !seen.has(position)) this.chosen.add(position);
    }
    this.#reviewed = found;
    this.problem = null;
    this.step = { at: "review", found };
  }

  toggle(position: number): void {
    if (!this.chosen.delete(position)) this.chosen.add(position);
  }

  async add(): Promise<void> {
    const { step } = this;
    if (step.at !== "review" || this.busy || (this.chosen.size === 0 && step.found.refused.length === 0)) return;
    this.busy = true;
    this.problem = null;
    try {
      const receipt = await this.#host.import(step.found.draft, [...this.chosen]);
      this.step = { at: "done", receipt };
      this.#finished();
    } catch (thrown) {
      this.problem = asProblem(thrown);
    } finally {
      this.busy = false;
    }
  }

  #take(scans: readonly ScanView[]): void {
    const whole = lastOfEach(scans);
    const [first] = whole;
    if (first === undefined) throw problem("no_code_in_picture");
    if (whole.length === 1 && first.kind === "import") this.review(first);
    else this.#others(whole);
  }

  /** Whoever leaves the camera, or shows it something else, is back where they were. */
  async #read(work: () => Promise<"left" | "off" | undefined>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.problem = null;
    const before = this.step;
    this.step = { at: "reading" };
    try {
      const came = await work();
      if (came === "left") this.step = before;
      if (came === "off") this.step = { at: "camera-off", before };
    } catch (thrown) {
      this.step = { at: "refused", problem: asProblem(thrown), before: before.at === "review" ? before : null };
    } finally {
      this.busy = false;
    }
  }
}
