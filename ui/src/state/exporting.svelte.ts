/** Saving accounts for another app: in which form, the app’s own PIN or passphrase just now, and what came of it. */
import type { ExportForm } from "../host/generated/ExportForm";
import type { ExportView } from "../host/generated/ExportView";
import type { ExportedView } from "../host/generated/ExportedView";
import type { PassphraseView } from "../host/generated/PassphraseView";
import type { Problem } from "../host/generated/Problem";
import type { UnlockMethod } from "../host/generated/UnlockMethod";
import type { Host } from "../host/host";
import { asProblem } from "../host/problem";
import { Confirming } from "./confirming.svelte";

export class Exporting {
  #host: Host;
  #method: UnlockMethod;
  #rating = 0;
  /** What can be saved; `null` until it is known. */
  view = $state.raw<ExportView | null>(null);
  form = $state<ExportForm>("codes");
  /** What locks the file where it has a password of its own. */
  password = $state("");
  strength = $state.raw<PassphraseView | null>(null);
  busy = $state(false);
  problem = $state.raw<Problem | null>(null);
  confirming = $state.raw<Confirming | null>(null);
  saved = $state.raw<ExportedView | null>(null);
  /** Which of the codes is shown, from 0. */
  at = $state(0);

  constructor(host: Host, method: UnlockMethod) {
    this.#host = host;
    this.#method = method;
  }

  async begin(): Promise<void> {
    try {
      this.view = await this.#host.exportView();
      const { folder, backup_on: on } = this.view;
      this.form = folder === null ? "codes" : on ? "locked" : "aegis";
    } catch (thrown) {
      this.problem = asProblem(thrown);
    }
  }

  /** Forms that are shown with a reason and cannot be had. */
  isOff(form: ExportForm): boolean {
    if (form === "codes" || this.view === null) return false;
    return this.view.folder === null || (form === "locked" && !this.view.backup_on);
  }

  choose(form: ExportForm): void {
    if (this.busy || this.isOff(form)) return;
    this.form = form;
    this.problem = null;
  }

  async type(text: string): Promise<void> {
    if (this.busy) return;
    this.password = text;
    this.strength = null;
    this.problem = null;
    const asked = ++this.#rating;
    try {
      const strength = await this.#host.ratePassphrase(text);
      if (asked === this.#rating) this.strength = strength;
    } catch {
      // Without a rating the file is refused when it is to be saved, with the reason
    }
  }

  /** Nothing is missing but the person’s yes. */
  get ready(): boolean {
    return this.view !== null && this.view.accounts > 0 && (this.form !== "aegis" || this.password !== "");
  }

  async save(): Promise<void> {
    if (this.busy || !this.ready) return;
    this.busy = true;
    this.problem = null;
    try {
      const saved = await this.#host.export(this.form, this.form === "aegis" ? this.password : "");
      this.#wipe();
      this.at = 0;
      this.saved = saved;
    } catch (thrown) {
      const refusal = asProblem(thrown);
      if (refusal.code === "fresh_unlock") this.#confirm();
      else this.problem = refusal;
    } finally {
      this.busy = false;
    }
  }

  next(): void {
    const last = (this.saved?.codes.length ?? 0) - 1;
    this.at = Math.min(this.at + 1, last);
  }

  /** One step back; `false` when there is none. Nothing that was typed or shown stays behind. */
  back(): boolean {
    if (this.confirming !== null) {
      if (!this.confirming.busy) this.confirming = null;
      return true;
    }
    if (this.busy) return true;
    if (this.saved !== null && this.at > 0) {
      this.at -= 1;
      return true;
    }
    this.forget();
    return false;
  }

  /** Nothing that was typed or shown stays behind. */
  forget(): void {
    this.#wipe();
    this.saved = null;
    this.confirming = null;
  }

  #wipe(): void {
    this.password = "";
    this.strength = null;
    this.problem = null;
  }

  #confirm(): void {
    this.confirming = new Confirming(this.#host, this.#method, () => {
      this.confirming = null;
      void this.save();
    });
  }
}
