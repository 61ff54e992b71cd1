/** Copies of the accounts: the backup, a file or codes for another app, and another phone. */
import type { Host } from "../host/host";
import type { OpenView } from "./app.svelte";
import { Backup } from "./backup.svelte";
import { Exporting } from "./exporting.svelte";
import { Moving } from "./moving.svelte";
import { Rehearsing } from "./rehearsing.svelte";
import type { Route } from "./route";
import { TurningOn } from "./turningon.svelte";

/** The window around: where the person is and goes. */
interface Around {
  readonly host: Host;
  readonly open: OpenView | null;
  readonly route: Route;
  go(route: Route): void;
  back(): boolean;
  leave(): void;
  refresh(): Promise<void>;
}

export class Copies {
  #around: Around;
  readonly backup: Backup;
  /** The move that is open, or goes on behind a request. */
  #moving: Moving | null = null;

  constructor(around: Around) {
    this.#around = around;
    this.backup = new Backup(around.host);
  }

  /** A passphrase for the backup: its first, or another one. */
  choosePassphrase(): void {
    const { host, open } = this.#around;
    if (open === null) return;
    const turning = new TurningOn(host, open.unlock_with, open.backup_on, (view) => {
      this.backup.show(view);
      this.#around.leave();
      void this.#around.refresh();
    });
    this.#around.go({ to: "backup-passphrase", turning });
  }

  /** Another folder for the backup. */
  async chooseFolder(): Promise<void> {
    const { open } = this.#around;
    if (open !== null) await this.backup.chooseFolder(open.unlock_with);
  }

  /** Whether something stands over the backup's page that Back closes first. */
  get covered(): boolean {
    return this.#around.route.to === "backup" && this.backup.covered;
  }

  /** Tries the backup's passphrase out. */
  rehearse(): void {
    this.#around.go({ to: "rehearse", rehearsing: new Rehearsing(this.#around.host) });
  }

  /** Accounts for another app. */
  save(): void {
    const { host, open } = this.#around;
    if (open === null) return;
    const exporting = new Exporting(host, open.unlock_with);
    this.#around.go({ to: "export", exporting });
    void exporting.begin();
  }

  leaveSaved(): void {
    const { route } = this.#around;
    if (route.to !== "export") return;
    route.exporting.at = 0;
    this.#around.back();
  }

  /** To another phone, with both in hand. */
  move(): void {
    const { host, open } = this.#around;
    if (open !== null) this.#around.go({ to: "move", moving: new Moving(host, open.unlock_with) });
  }

  /** The person went elsewhere: a move is left with its page, however that is left, and begins anew where one comes back to it. */
  routed(next: Route): void {
    const moving = next.to === "move" ? next.moving : null;
    if (moving === this.#moving) return;
    this.#moving?.leave();
    this.#moving = moving;
    void moving?.begin();
  }

  /** Nothing stays in memory when the app locks. */
  forget(): void {
    const { route } = this.#around;
    if (route.to === "export") route.exporting.forget();
    this.backup.forget();
  }
}
