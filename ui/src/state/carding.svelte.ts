/** The recovery card: making one, looking at it once, and stopping it. */
import type { CardStanding } from "../host/generated/self-service/CardStanding";
import type { CardView } from "../host/generated/self-service/CardView";
import { asPortalProblem, isUnreachable } from "../host/portal-problem";
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

/** A card was made, but its codes did not arrive; or nobody knows what came of it. */
export type Lost = "codes" | "unknown";

/** What came of a call; `known` where the session that is shown is of after it. */
interface Done<T> {
  answer: T | null;
  problem: PortalProblem | null;
  known: boolean;
}

export class Carding {
  /** The card with its codes, for as long as its page is looked at. */
  made = $state.raw<CardView | null>(null);
  /** What ends the codes there are is asked first. */
  asking = $state<"make" | "stop" | null>(null);
  busy = $state(false);
  problem = $state.raw<PortalProblem | null>(null);
  /** What was tried last, so that a problem is told as one of it. */
  tried = $state<"make" | "stop">("make");
  /** What an answer that did not arrive left behind. */
  lost = $state<Lost | null>(null);
  #self: SelfService;
  /** Counts up with every leaving: a card that comes after it is shown to nobody. */
  #left = 0;
  /** Counts up with every session that ends. */
  #ended = 0;

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
    const before = this.standing?.made_at;
    const left = this.#left;
    const done = await this.#do(() => this.#self.portal.makeCard());
    if (done === null) return;
    if (done.answer !== null && left === this.#left) {
      this.made = done.answer;
      // What the list says of it follows; the codes are on the page already.
      this.lost = null;
      await this.#refresh();
      return;
    }
    if (done.answer !== null) await this.#refresh();
    const after = this.standing?.made_at;
    if (done.answer !== null || (after !== undefined && after !== before)) this.#tell("make", null, "codes");
    else this.#tellProblem("make", done, left);
  }

  async stop(): Promise<void> {
    const left = this.#left;
    const done = await this.#do(() => this.#self.portal.stopCard());
    if (done === null) return;
    if (done.answer !== null) this.#self.show(done.answer);
    // Its own answer may be lost: what counts is that there is no card any more.
    if (done.answer !== null || (done.known && this.standing === null)) this.#tell("stop", null, null);
    else this.#tellProblem("stop", done, left);
  }

  /** The person has it on paper. */
  have(): void {
    this.forget();
    this.#self.home();
  }

  /** The page is left: nobody reads the codes over somebody's shoulder later. */
  leave(next: Place): void {
    if (next.to !== "card") this.#leave();
  }

  /** The session ended: the next person hears nothing of this one's card. */
  forget(): void {
    this.#ended += 1;
    this.#leave();
    this.lost = null;
  }

  /** That there is a card whose codes nobody has stays true until another is made. */
  #leave(): void {
    this.#left += 1;
    this.made = null;
    this.asking = null;
    this.problem = null;
    if (this.lost === "unknown") this.lost = null;
  }

  #tell(what: "make" | "stop", problem: PortalProblem | null, lost: Lost | null): void {
    this.tried = what;
    this.problem = problem;
    this.lost = lost;
  }

  /** A refusal is told where it was asked for; what nobody knows is told wherever the person is by now. */
  #tellProblem(what: "make" | "stop", { problem, known }: Done<unknown>, left: number): void {
    if (problem === null) return;
    const lost = !known && (isUnreachable(problem) || problem.code === "unforeseen");
    if (lost) this.#tell(what, problem, "unknown");
    else if (left === this.#left) this.#tell(what, problem, this.lost);
  }

  /** Does it, and asks where it was not answered how the card stands. `null` where nothing was done, or nobody is there to tell. */
  async #do<T>(work: () => Promise<T>): Promise<Done<T> | null> {
    if (this.busy) return null;
    const ended = this.#ended;
    this.busy = true;
    this.problem = null;
    if (this.lost === "unknown") this.lost = null;
    const done = await this.#try(work, () => ended === this.#ended);
    this.busy = false;
    this.asking = null;
    return ended === this.#ended ? done : null;
  }

  async #try<T>(work: () => Promise<T>, isThere: () => boolean): Promise<Done<T> | null> {
    try {
      return { answer: await this.#self.act(work), problem: null, known: true };
    } catch (thrown) {
      if (thrown instanceof Cancelled || !isThere()) return null;
      return { answer: null, problem: asPortalProblem(thrown), known: await this.#refresh() };
    }
  }

  /** Whether the service said how the card stands. */
  async #refresh(): Promise<boolean> {
    try {
      await this.#self.refresh();
      return true;
    } catch {
      return false;
    }
  }
}
