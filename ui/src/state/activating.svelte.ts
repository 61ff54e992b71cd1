/** A device that is activated by a code on this screen: the code, its time, the scan, and whether it was the right phone. */
import type { ActivationWanted } from "../host/generated/self-service/ActivationWanted";
import type { LiveActivation } from "../host/generated/self-service/LiveActivation";
import type { OwnDevice } from "../host/generated/self-service/OwnDevice";
import { asPortalProblem } from "../host/portal-problem";
import type { PortalProblem } from "../host/portal-problem";
import { Cancelled } from "./watch";
import type { SelfService } from "./selfservice.svelte";
import { watch } from "./watch";

export class Activating {
  readonly wanted: ActivationWanted;
  live = $state.raw<LiveActivation | null>(null);
  problem = $state.raw<PortalProblem | null>(null);
  /** Text and picture of the code are in the first answer alone. */
  code = $state.raw<{ text: string; picture: string } | null>(null);
  /** The scan was another phone’s: the person said so. */
  foreign = $state(false);
  confirming = $state(false);
  /** The link by text. */
  texted = $state.raw<"unsent" | "sending" | "sent" | PortalProblem>("unsent");
  #self: SelfService;
  #done: (device: OwnDevice | null) => void;
  #watching: AbortController | null = null;

  constructor(self: SelfService, wanted: ActivationWanted, done: (device: OwnDevice | null) => void) {
    this.#self = self;
    this.wanted = wanted;
    this.#done = done;
  }

  /** The code can be scanned no longer; its picture is gone then. */
  over = $derived.by(() => {
    if (this.live === null) return false;
    return this.live.state !== "waiting" || this.#self.secondsUntil(this.live.expires_at) === 0;
  });

  /** Makes a code, or a new one. */
  async start(): Promise<void> {
    this.leave();
    this.problem = null;
    this.foreign = false;
    this.texted = "unsent";
    const watching = (this.#watching = new AbortController());
    try {
      const live = await this.#self.act(() => this.#self.portal.activate(this.wanted));
      if (watching.signal.aborted) {
        void this.#self.portal.cancelActivation(live.id).catch(() => undefined);
        return;
      }
      this.live = { ...live, text: null, picture: null };
      this.code = live.text === null || live.picture === null ? null : { text: live.text, picture: live.picture };
      await watch(live, {
        ask: (after, signal) => this.#self.portal.activation(live.id, after, signal),
        over: ({ state }) => state !== "waiting" && state !== "scanned" && state !== "confirmed",
        news: (view) => (this.live = view),
        signal: watching.signal,
        pause: this.#self.pause,
      });
    } catch (thrown) {
      if (watching.signal.aborted) return;
      if (thrown instanceof Cancelled) this.#self.back();
      else {
        this.problem = asPortalProblem(thrown);
        this.#self.failed(this.problem);
      }
      return;
    }
    if (watching.signal.aborted) return;
    this.code = null;
    if (this.live?.state !== "done") return;
    const { done } = this.live;
    this.#watching = null;
    await this.#self.refresh().catch(() => undefined);
    this.#done(done);
  }

  /** For somebody whose new phone cannot be pointed at this page. */
  async textLink(): Promise<void> {
    const { live, code } = this;
    if (live?.state !== "waiting" || code === null || this.texted === "sending") return;
    this.texted = "sending";
    try {
      await this.#self.portal.textLink(live.id, code.text);
      this.texted = "sent";
    } catch (thrown) {
      const problem = asPortalProblem(thrown);
      this.texted = problem;
      this.#self.failed(problem);
    }
  }

  /** The phone shows the same digits as this page (row A2). */
  async confirm(): Promise<void> {
    const { live } = this;
    if (live?.state !== "scanned" || live.scanned === null || this.confirming) return;
    this.confirming = true;
    try {
      this.live = await this.#self.portal.confirmScan(live.id, live.scanned.check);
    } catch (thrown) {
      this.problem = asPortalProblem(thrown);
      this.#self.failed(this.problem);
    } finally {
      this.confirming = false;
    }
  }

  /** It shows others, or none: whoever scanned the code gets nothing. */
  refuse(): void {
    this.leave();
    this.foreign = true;
  }

  /** The page is left: a code that nobody looks at must not be scanned. */
  leave(): void {
    this.#watching?.abort();
    this.#watching = null;
    const { live } = this;
    this.live = null;
    this.code = null;
    if (live?.state === "waiting" || live?.state === "scanned") void this.#self.portal.cancelActivation(live.id).catch(() => undefined);
  }
}
