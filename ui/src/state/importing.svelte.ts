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
  | { at: "refused"; problem: Problem };

export class Importing {
  #host: Host;
  #finished: () => void;
  step = $state.raw<ImportStep>({ at: "apps" });
  password = $state("");
  /** What is wrong with the password, or why nothing was added. */
  problem = $state.raw<Problem | null>(null);
  busy = $state(false);
  /** The places of the accounts that are wanted. */
  readonly chosen = new SvelteSet<number>();

  /** `finished` is called when accounts were added. */
  constructor(host: Host, finished: () => void) {
    this.#host = host;
    this.#finished = finished;
  }

  begin(): void {
    this.step = { at: "apps" };
    this.password = "";
    this.problem = null;
  }

  /** One step back; `false` where there is none. What was read stays until the app is locked. */
  back(): boolean {
    if (this.busy) return true;
    if (this.step.at === "apps" || this.step.at === "done") return false;
    this.begin();
    return true;
  }

  readFile(file: Blob): Promise<void> {
    return this.#read(async () => {
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
      if (seen.is === "code") this.#take([seen.scan]);
      else if (this.step.at === "reading") this.begin();
    });
  }

  async unlock(): Promise<void> {
    const { step } = this;
    if (step.at !== "password" || this.busy || this.password === "") return;
    this.busy = true;
    this.problem = null;
    try {
      const found = await this.#host.unlockImport(step.draft, this.password);
      this.password = "";
      this.review(found);
    } catch (thrown) {
      const refusal = asProblem(thrown);
      if (refusal.code === "export_password") this.problem = refusal;
      else this.step = { at: "refused", problem: refusal };
    } finally {
      this.busy = false;
    }
  }

  /** Shows what was found; what is here already and what was in the other app's bin is not wanted unless somebody says so. */
  review(found: ImportFound): void {
    this.chosen.clear();
    for (const { position, here, trashed } of found.accounts) if (!here && !trashed) this.chosen.add(position);
    this.problem = null;
    this.step = { at: "review", found };
  }

  toggle(position: number): void {
    if (!this.chosen.delete(position)) this.chosen.add(position);
  }

  async add(): Promise<void> {
    const { step } = this;
    if (step.at !== "review" || this.busy || this.chosen.size === 0) return;
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
    const found = scans.findLast((scan) => scan.kind === "import");
    if (found === undefined) throw problem("not_an_export");
    this.review(found);
  }

  async #read(work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.problem = null;
    this.step = { at: "reading" };
    try {
      await work();
    } catch (thrown) {
      this.step = { at: "refused", problem: asProblem(thrown) };
    } finally {
      this.busy = false;
    }
  }
}
