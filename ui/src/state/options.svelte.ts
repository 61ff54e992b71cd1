/** The settings that the vault keeps: changed at once on screen, and back when the host refuses. */
import type { AppView } from "../host/generated/AppView";
import type { Problem } from "../host/generated/Problem";
import type { SettingsView } from "../host/generated/SettingsView";
import type { Host } from "../host/host";
import { asProblem } from "../host/problem";

export class Options {
  #host: Host;
  #changed: (view: AppView) => void;
  #kept = $state.raw<SettingsView | null>(null);
  #wanted = $state.raw<SettingsView | null>(null);
  problem = $state.raw<Problem | null>(null);

  constructor(host: Host, changed: (view: AppView) => void) {
    this.#host = host;
    this.#changed = changed;
  }

  /** What the switches show; `null` while the app is locked. */
  get now(): SettingsView | null {
    return this.#wanted ?? this.#kept;
  }

  /** What the host says. */
  show(settings: SettingsView): void {
    this.#kept = settings;
  }

  async change(changes: Partial<SettingsView>): Promise<void> {
    if (this.now === null) return;
    const wanted = { ...this.now, ...changes };
    this.#wanted = wanted;
    this.problem = null;
    try {
      this.#changed(await this.#host.changeSettings(wanted));
    } catch (thrown) {
      this.problem = asProblem(thrown);
    }
    // A second change may have begun meanwhile; it knows of this one.
    if (this.#wanted === wanted) this.#wanted = null;
  }

  forget(): void {
    this.#kept = null;
    this.#wanted = null;
    this.problem = null;
  }
}
