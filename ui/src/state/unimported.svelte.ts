/** What imports could not take: the list, taking entries off it, and putting one right. */
import type { Problem } from "../host/generated/Problem";
import type { UnimportedView } from "../host/generated/UnimportedView";
import type { Capabilities, Host } from "../host/host";
import { asProblem } from "../host/problem";
import { Adding } from "./adding.svelte";
import type { Ticker } from "./clock.svelte";
import { UNDO_MS } from "./removal.svelte";
import type { Route } from "./route";

/** The window around: where the person is and goes. */
interface Around {
  readonly host: Host;
  readonly ticker: Ticker;
  readonly can: Capabilities;
  readonly open: { unimported: number } | null;
  route: Route;
  go(route: Route): void;
  back(): boolean;
  goHome(): void;
  refresh(): Promise<void>;
}

export class Unimported {
  #around: Around;
  /** `null` until it was asked for. */
  entries = $state.raw<UnimportedView[] | null>(null);
  problem = $state.raw<Problem | null>(null);
  busy = $state(false);
  #undo = $state.raw<{ draft: string; count: number; until: number } | null>(null);

  constructor(around: Around) {
    this.#around = around;
  }

  /** How many were just dismissed, as long as that is offered to be undone. */
  undoable = $derived.by(() => (this.#undo !== null && this.#around.ticker.now < this.#undo.until ? this.#undo.count : 0));

  /** Shows the list; from the end of an import, which is over then. */
  async open(): Promise<void> {
    if (this.#around.route.to === "add") this.#around.route = { to: "home" };
    this.#around.go({ to: "unimported" });
    await this.load();
  }

  /** Called when the app shows something new: an entry may have been put right meanwhile. */
  async load(): Promise<void> {
    try {
      this.entries = await this.#around.host.unimported();
      this.problem = null;
    } catch (thrown) {
      this.problem = asProblem(thrown);
    }
    const { route } = this.#around;
    if (route.to === "unimported-entry" && this.entries !== null && this.find(route.id) === null) this.#around.back();
  }

  find(id: string): UnimportedView | null {
    return this.entries?.find((entry) => entry.id === id) ?? null;
  }

  async dismiss(ids: string[]): Promise<void> {
    if (this.busy || ids.length === 0) return;
    this.busy = true;
    try {
      const draft = await this.#around.host.dismissUnimported(ids);
      this.#undo = { draft, count: ids.length, until: this.#around.ticker.clock.steady() + UNDO_MS };
      await this.#changed();
    } catch (thrown) {
      this.problem = asProblem(thrown);
    } finally {
      this.busy = false;
    }
  }

  async undo(): Promise<void> {
    if (this.#undo === null) return;
    const { draft } = this.#undo;
    this.#undo = null;
    try {
      await this.#around.host.keepUnimported(draft);
      await this.#changed();
    } catch (thrown) {
      this.problem = asProblem(thrown);
    }
  }

  /** By its key, or by a code however that can be read here. Who gives up is back at the entry. */
  async fix(entry: UnimportedView, by: "key" | "code"): Promise<void> {
    const around = this.#around;
    const adding = new Adding(
      around.host,
      () => void around.refresh(),
      () => this.#leave(adding, entry),
    );
    around.route = { to: "add", adding };
    adding.fix(entry, by === "key" ? "key" : "ways");
    if (by === "code" && around.can.camera) await adding.scan();
  }

  forget(): void {
    this.entries = null;
    this.problem = null;
    this.#undo = null;
  }

  #leave(adding: Adding, entry: UnimportedView): void {
    const around = this.#around;
    const isFixed = adding.step.at === "added";
    if (isFixed && (around.open?.unimported ?? 0) === 0) {
      around.goHome();
      return;
    }
    around.route = { to: "unimported-entry", id: entry.id };
    if (!isFixed) return;
    around.back();
    void this.load();
  }

  async #changed(): Promise<void> {
    await this.#around.refresh();
    await this.load();
  }
}
