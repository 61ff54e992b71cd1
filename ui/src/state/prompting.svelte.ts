/** The sign-in prompt of an application: where it stands, and the proof that lets the person in. */
import type { OwnDevice } from "../host/generated/self-service/OwnDevice";
import type { PromptView } from "../host/generated/self-service/PromptView";
import type { SiteView } from "../host/generated/self-service/SiteView";
import { asPortalProblem, isUnreachable, portalProblem } from "../host/portal-problem";
import type { PortalProblem } from "../host/portal-problem";
import type { PromptHost } from "../host/prompt";
import type { Ticker } from "./clock.svelte";
import type { ProofHost } from "./proofhost";
import { Proving } from "./proving.svelte";
import { pause } from "./watch";
import type { Pause } from "./watch";

const RETRY_MS = 5_000;

export interface PromptingOptions {
  /** `null` where the address names no prompt. */
  prompt: PromptHost | null;
  ticker: Ticker;
  pause?: Pause;
}

export class Prompting implements ProofHost {
  readonly host = "prompt";
  readonly pause: Pause;
  readonly devices: OwnDevice[] = [];
  readonly thisDevice = null;
  site = $state.raw<SiteView | null>(null);
  view = $state.raw<PromptView | null>(null);
  proving = $state.raw<Proving | null>(null);
  /** The first answer is not there yet. */
  starting = $state(true);
  /** The service does not answer; we ask again by ourselves. */
  down = $state(false);
  /** There is no such prompt, or it is another browser’s. */
  unknown = $state(false);
  busy = $state(false);
  #prompt: PromptHost | null;
  #ticker: Ticker;
  #leaving = false;
  #retrying = false;

  constructor({ prompt, ticker, pause: wait = pause }: PromptingOptions) {
    this.#prompt = prompt;
    this.#ticker = ticker;
    this.pause = wait;
    ticker.onTick(() => this.#tick());
  }

  get portal(): ProofHost["portal"] {
    return this.#host;
  }

  get session(): ProofHost["session"] {
    if (this.view === null) return null;
    const { ways, account } = this.view;
    return { ways, person: { name: account, account, operator: false } };
  }

  /** Where the prompt stands, with the time that ran out here before the service could say so. */
  get stage(): PromptView["stage"] | null {
    if (this.view === null) return null;
    const { stage, expires_at } = this.view;
    return stage !== "left" && this.secondsUntil(expires_at) === 0 ? "over" : stage;
  }

  async start(): Promise<void> {
    await this.look();
  }

  /** Asks where it stands. */
  async look(): Promise<void> {
    try {
      if (this.#prompt === null) throw portalProblem("not_found");
      this.site ??= await this.#prompt.site();
      this.#show(await this.#prompt.view());
      this.down = false;
    } catch (thrown) {
      this.down = isUnreachable(asPortalProblem(thrown));
      this.unknown = !this.down;
      if (this.unknown) this.proving?.stop();
    }
    this.starting = false;
    if (this.down) void this.#retry();
  }

  /** Back to the application, without having confirmed. */
  async giveUp(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.proving?.stop();
    try {
      await this.#host.giveUp();
      this.#leave();
    } catch {
      this.busy = false;
      await this.look();
    }
  }

  secondsUntil(at: number): number {
    void this.#ticker.now;
    return Math.max(0, Math.ceil((at - this.#ticker.clock.wall() + (this.#prompt?.millisFast() ?? 0)) / 1000));
  }

  call<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  refresh(): Promise<void> {
    return this.look();
  }

  seen(): Promise<void> {
    return this.look();
  }

  failed(problem: PortalProblem): void {
    if (problem.code === "signed_out" || problem.code === "not_found") void this.look();
  }

  pushProof(): void {
    // A prompt has no places of its own in the browser's history: Back leads to the application
  }

  back(): void {
    this.proving?.toWays();
  }

  home(): void {
    this.back();
  }

  get #host(): PromptHost {
    if (this.#prompt === null) throw portalProblem("not_found");
    return this.#prompt;
  }

  #show(view: PromptView): void {
    this.view = view;
    if (view.stage === "confirmed") {
      this.#leave();
      return;
    }
    if (view.stage !== "open") {
      this.proving?.stop();
      this.proving = null;
      return;
    }
    if (this.proving !== null) return;
    const proving = (this.proving = new Proving(this, false, () => undefined));
    const { proof, first } = view;
    if (proof !== null) {
      const way = view.ways.find(({ kind, name }) => kind === proof.way && name === proof.name);
      void proving.resume(proof, way?.device ?? "");
    } else if (first !== null && first.kind !== "passcode") void proving.ask(first.kind, first.device);
  }

  /** Once: whoever comes back to this page is told where it stands. */
  #leave(): void {
    if (this.#leaving) return;
    this.#leaving = true;
    this.#host.leave();
  }

  #tick(): void {
    if (this.stage === "over" && this.proving !== null) {
      this.proving.stop();
      this.proving = null;
    }
  }

  async #retry(): Promise<void> {
    if (this.#retrying) return;
    this.#retrying = true;
    await this.pause(RETRY_MS);
    this.#retrying = false;
    if (this.down) await this.look();
  }
}
