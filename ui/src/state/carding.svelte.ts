/** The recovery card: making one, looking at it once, and stopping it. */
import type { CardStanding } from "../host/generated/self-service/CardStanding";
import type { CardView } from "../host/generated/self-service/CardView";
import { asPortalProblem } from "../host/portal-problem";
import type { PortalProblem } from "../host/portal-problem";
import type { Place } from "./place";
import type { SelfService } from "./selfservice.svelte";
import { Cancelled } from "./watch";

/** With so few codes, or so few days, it is time for a new card. */
const FEW_CODES = 2;
const SOON_MS = 30 * 24 * 60 * 60_000;

/** Why a new card is wanted soon; `null` while the one there is will do. */
export function cardEnds({ codes_left, expires_at }: CardStanding, now: number): "used_up" | "few" | "soon" | null {
  if (codes_left === 0) return "used_up";
  if (codes_left <= FEW_CODES) return "few";
  return expires_at - now <= SOON_MS ? "soon" : null;
}

/** How many codes of a card would let its person in now. */
export function codesLeft(card: CardStanding | null, now: number): number {
  return card !== null && card.expires_at > now ? card.codes_left : 0;
}

export class Carding {
  /** The card with its codes, for as long as its page is looked at. */
  made = $state.raw<CardView | null>(null);
  /** What ends the codes there are is asked first. */
  asking = $state<"make" | "stop" | null>(null);
  busy = $state(false);
  problem = $state.raw<PortalProblem | null>(null);
  #self: SelfService;
  /** Counts up with every leaving: a card that comes after it is shown to nobody. */
  #left = 0;

  constructor(self: SelfService) {
    this.#self = self;
  }

  get standing(): CardStanding | null {
    return this.#self.session?.card ?? null;
  }

  /** Makes the first card at once; a new one is asked about, since it ends the one there is. */
  begin(): void {
    if (codesLeft(this.standing, this.#self.now()) > 0) this.ask("make");
    else void this.make();
  }

  ask(what: "make" | "stop"): void {
    this.asking = what;
    this.problem = null;
  }

  close(): void {
    if (!this.busy) this.asking = null;
  }

  async make(): Promise<void> {
    const left = this.#left;
    const made = await this.#do(() => this.#self.portal.makeCard());
    if (made === null || left !== this.#left) return;
    this.made = made;
    // What the list says of it follows; the codes are on the page already.
    await this.#self.refresh().catch(() => undefined);
  }

  async stop(): Promise<void> {
    const view = await this.#do(() => this.#self.portal.stopCard());
    if (view !== null) this.#self.show(view);
  }

  /** The person has it on paper. */
  have(): void {
    this.forget();
    this.#self.home();
  }

  /** The page is left: nobody reads the codes over somebody's shoulder later. */
  leave(next: Place): void {
    if (next.to !== "card") this.forget();
  }

  forget(): void {
    this.#left += 1;
    this.made = null;
    this.asking = null;
    this.problem = null;
  }

  async #do<T>(work: () => Promise<T>): Promise<T | null> {
    if (this.busy) return null;
    this.busy = true;
    this.problem = null;
    try {
      return await this.#self.act(work);
    } catch (thrown) {
      if (!(thrown instanceof Cancelled)) this.problem = asPortalProblem(thrown);
      return null;
    } finally {
      this.busy = false;
      this.asking = null;
    }
  }
}
