/** The backup: how it stands, and what a person does with it. */
import type { BackedUpAccount } from "../host/generated/BackedUpAccount";
import type { BackupView } from "../host/generated/BackupView";
import type { Problem } from "../host/generated/Problem";
import type { UnlockMethod } from "../host/generated/UnlockMethod";
import type { Host } from "../host/host";
import { asProblem } from "../host/problem";
import { m } from "../messages";
import { Confirming } from "./confirming.svelte";

export class Backup {
  #host: Host;
  #asked = 0;
  /** Another one after each lock, whose answers are dropped. */
  #epoch = 0;
  view = $state.raw<BackupView | null>(null);
  problem = $state.raw<Problem | null>(null);
  /** Whether to turn it off is being asked. */
  asking = $state(false);
  /** The app’s own PIN or passphrase, asked for before another folder is chosen. */
  confirming = $state.raw<Confirming | null>(null);
  busy = $state<"now" | "off" | null>(null);
  /** The dialog for another folder is open, or what lies in the present one is on its way there. */
  choosing = $state(false);

  constructor(host: Host) {
    this.#host = host;
  }

  held = $derived.by(() => this.#where((account) => account.held === "whole"));
  missing = $derived.by(() => this.#where((account) => account.held !== "whole"));

  /** Asks how it stands. What came of the last act stays beside it until the next. */
  async load(): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    try {
      const view = await this.#host.backup();
      if (asked === this.#asked) this.view = view;
    } catch (thrown) {
      if (asked === this.#asked) this.problem = asProblem(thrown);
    }
  }

  /** Somebody opens the page. */
  begin(): Promise<void> {
    this.problem = null;
    this.confirming = null;
    return this.load();
  }

  show(view: BackupView): void {
    this.#asked += 1;
    this.view = view;
    this.problem = null;
  }

  now(): Promise<void> {
    return this.#work("now", () => this.#host.backUpNow());
  }

  /** The question stays while something else is under way. */
  async turnOff(): Promise<void> {
    if (this.busy !== null) return;
    await this.#work("off", () => this.#host.turnOffBackup());
    this.asking = false;
  }

  /** Another folder, chosen in the system’s own dialog. Everything else goes on while that is open. */
  async chooseFolder(method: UnlockMethod): Promise<void> {
    if (this.choosing) return;
    this.choosing = true;
    const epoch = this.#epoch;
    try {
      const view = (await this.#host.chooseBackupFolder(m.backup.another)) ?? (await this.#host.backup());
      if (epoch === this.#epoch) this.show(view);
    } catch (thrown) {
      if (epoch === this.#epoch) this.#folderRefused(asProblem(thrown), method);
    } finally {
      if (epoch === this.#epoch) this.choosing = false;
    }
  }

  /** Whether something stands over the page that Back closes first. */
  get covered(): boolean {
    return this.asking || this.confirming !== null;
  }

  /** Closes it; not while it is at work. */
  uncover(): void {
    this.asking = this.asking && this.busy === "off";
    if (this.confirming?.busy !== true) this.confirming = null;
  }

  /** Nothing stays in memory when the app locks. */
  forget(): void {
    this.#epoch += 1;
    this.#asked += 1;
    this.view = null;
    this.problem = null;
    this.asking = false;
    this.confirming = null;
    this.busy = null;
    this.choosing = false;
  }

  #folderRefused(refusal: Problem, method: UnlockMethod): void {
    if (refusal.code !== "fresh_unlock") {
      this.problem = refusal;
      void this.load();
      return;
    }
    this.confirming = new Confirming(this.#host, method, () => {
      this.confirming = null;
      void this.chooseFolder(method);
    });
  }

  #where(wanted: (account: BackedUpAccount) => boolean): BackedUpAccount[] {
    return this.view?.is_on === true ? this.view.accounts.filter(wanted) : [];
  }

  async #work(busy: "now" | "off", work: () => Promise<BackupView>): Promise<void> {
    if (this.busy !== null) return;
    this.busy = busy;
    const epoch = this.#epoch;
    try {
      const view = await work();
      if (epoch === this.#epoch) this.show(view);
    } catch (thrown) {
      if (epoch !== this.#epoch) return;
      this.problem = asProblem(thrown);
      await this.load();
    } finally {
      if (epoch === this.#epoch) this.busy = null;
    }
  }
}
