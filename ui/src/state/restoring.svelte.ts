/** Accounts out of a backup: the one that lies here or a file that is chosen, its passphrase, and what came back. */
import type { BackupFound } from "../host/generated/BackupFound";
import type { Problem } from "../host/generated/Problem";
import type { RestoreReceipt } from "../host/generated/RestoreReceipt";
import type { Host } from "../host/host";
import { asProblem, problem } from "../host/problem";

export type RestoreStep =
  | { at: "looking" }
  /** `looked` = there was a place to look in, and nothing lay there. */
  | { at: "none"; looked: boolean }
  | { at: "found"; found: BackupFound }
  | { at: "done"; receipt: RestoreReceipt }
  /** `before` is the backup that a file was chosen in place of. */
  | { at: "refused"; problem: Problem; before: BackupFound | null };

/** The longest backup that is read, as the engine has it. */
const LONGEST = 64 * 1024 * 1024;

export class Restoring {
  #host: Host;
  #finished: () => void;
  #begun = 0;
  step = $state.raw<RestoreStep>({ at: "looking" });
  passphrase = $state("");
  /** What is wrong with the passphrase, or why nothing came back. */
  problem = $state.raw<Problem | null>(null);
  busy = $state(false);

  /** `finished` is called when accounts came back. */
  constructor(host: Host, finished: () => void) {
    this.#host = host;
    this.#finished = finished;
  }

  /** Looks for a backup where one may lie here, else asks for the file. */
  async begin(mayLook: boolean): Promise<void> {
    this.leave();
    const begun = this.#begun;
    if (!mayLook) {
      this.step = { at: "none", looked: false };
      return;
    }
    this.step = { at: "looking" };
    try {
      const found = await this.#host.findBackup();
      if (begun !== this.#begun) return;
      this.step = found === null ? { at: "none", looked: true } : { at: "found", found };
    } catch (thrown) {
      if (begun === this.#begun) this.step = { at: "refused", problem: asProblem(thrown), before: null };
    }
  }

  async readFile(file: Blob): Promise<void> {
    if (this.busy) return;
    this.leave();
    const begun = this.#begun;
    const before = this.#found;
    this.step = { at: "looking" };
    try {
      if (file.size > LONGEST) throw problem("not_a_backup");
      const found = await this.#host.readBackup(new Uint8Array(await file.arrayBuffer()));
      if (begun === this.#begun) this.step = { at: "found", found };
    } catch (thrown) {
      if (begun === this.#begun) this.step = { at: "refused", problem: asProblem(thrown), before };
    }
  }

  /** After a file that was none: the backup that was there before it, if one was. */
  backToFound(): boolean {
    if (this.step.at !== "refused" || this.step.before === null) return false;
    this.step = { at: "found", found: this.step.before };
    return true;
  }

  type(text: string): void {
    if (this.busy) return;
    this.passphrase = text;
    this.problem = null;
  }

  async restore(): Promise<void> {
    const { step } = this;
    if (step.at !== "found" || this.busy || this.passphrase === "") return;
    this.busy = true;
    this.problem = null;
    try {
      const receipt = await this.#host.restore(step.found.draft, this.passphrase);
      this.passphrase = "";
      this.step = { at: "done", receipt };
      this.#finished();
    } catch (thrown) {
      const refusal = asProblem(thrown);
      // Another passphrase, or the same once there is room, may do
      if (refusal.code === "backup_passphrase" || refusal.code === "not_stored") this.problem = refusal;
      else {
        this.passphrase = "";
        this.step = { at: "refused", problem: refusal, before: null };
      }
    } finally {
      this.busy = false;
    }
  }

  /** One step back; `false` where there is none. A restore that is under way is waited for. */
  back(): boolean {
    if (this.busy || this.backToFound()) return true;
    if (this.step.at !== "done") this.leave();
    return false;
  }

  /** Nothing that was typed stays behind. */
  leave(): void {
    this.#begun += 1;
    this.passphrase = "";
    this.problem = null;
  }

  get #found(): BackupFound | null {
    if (this.step.at === "found") return this.step.found;
    return this.step.at === "refused" ? this.step.before : null;
  }
}
