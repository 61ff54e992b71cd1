/** A request that somebody sends to a device of their own, to see that it works. */
import type { TestState } from "../host/generated/self-service/TestState";
import type { TestView } from "../host/generated/self-service/TestView";
import { asPortalProblem } from "../host/portal-problem";
import type { PortalProblem } from "../host/portal-problem";
import type { SelfService } from "./selfservice.svelte";
import { watch } from "./watch";

export class TestRequest {
  readonly device: string;
  view = $state.raw<TestView | null>(null);
  problem = $state.raw<PortalProblem | null>(null);
  /** When it was approved, in Unix milliseconds of this device. */
  approvedAt = $state<number | null>(null);
  #self: SelfService;
  #watching: AbortController | null = null;

  constructor(self: SelfService, device: string) {
    this.#self = self;
    this.device = device;
  }

  state = $derived.by((): TestState | null => {
    if (this.view === null) return null;
    return this.view.state === "waiting" && this.#self.secondsUntil(this.view.expires_at) === 0 ? "expired" : this.view.state;
  });

  async send(): Promise<void> {
    this.stop();
    this.view = null;
    this.problem = null;
    const watching = (this.#watching = new AbortController());
    try {
      const first = (this.view = await this.#self.call(() => this.#self.portal.sendTest(this.device)));
      await watch(first, {
        ask: (after, signal) => this.#self.portal.test(first.id, after, signal),
        over: ({ state }) => state !== "waiting",
        news: (view) => (this.view = view),
        signal: watching.signal,
        pause: this.#self.pause,
      });
    } catch (thrown) {
      if (watching.signal.aborted) return;
      this.problem = asPortalProblem(thrown);
      this.#self.failed(this.problem);
      return;
    }
    if (this.view.state === "approved") this.approvedAt = this.#self.ticker.clock.wall();
  }

  stop(): void {
    this.#watching?.abort();
  }
}
