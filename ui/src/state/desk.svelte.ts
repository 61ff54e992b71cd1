/** The help desk: an operator finds a person and lets them in again, each act with its reason. */
import type { DeskBypass } from "../host/generated/self-service/DeskBypass";
import type { DeskUser } from "../host/generated/self-service/DeskUser";
import { asPortalProblem, portalProblem } from "../host/portal-problem";
import type { PortalProblem } from "../host/portal-problem";
import type { Place } from "./place";
import { Cancelled } from "./watch";
import type { SelfService } from "./selfservice.svelte";

/** What can be done to somebody; each asks why. */
export type DeskAct = { do: "bypass" } | { do: "unlock" } | { do: "release" } | { do: "card" } | { do: "suspend"; device: string };

/** The service asks for so many characters. */
const SHORTEST_REASON = 5;
export const LONGEST_REASON = 200;

export class Desk {
  typed = $state("");
  /** Who was found, and by which beginning; `null` before the first search. */
  found = $state.raw<{ name: string; people: DeskUser[] } | null>(null);
  person = $state.raw<DeskUser | null>(null);
  /** What happened to the person is on its way. */
  loading = $state(false);
  searching = $state(false);
  /** What went wrong with finding somebody. */
  problem = $state.raw<PortalProblem | null>(null);
  /** What is about to be done, as soon as there is a reason. */
  asking = $state.raw<DeskAct | null>(null);
  reason = $state("");
  busy = $state(false);
  /** Why it was not done. */
  refused = $state.raw<PortalProblem | null>(null);
  /** The bypass code, once. */
  given = $state.raw<DeskBypass | null>(null);
  /** What was done last, for whoever does not see the page change. */
  done = $state.raw<DeskAct | null>(null);
  #self: SelfService;
  /** Counts up, so that an answer that nobody waits for any more changes nothing. */
  #asked = 0;

  constructor(self: SelfService) {
    this.#self = self;
  }

  /** Nobody does these things to their own account. */
  get own(): boolean {
    return this.person !== null && this.person.account === this.#self.session?.person.account;
  }

  /** Nobody is let in without a passcode who has a device that works. */
  get releasable(): boolean {
    return this.person !== null && !this.person.disabled && this.person.devices.every(({ standing }) => standing === "needs_reactivating");
  }

  get enough(): boolean {
    const { length } = [...this.reason.trim()];
    return length >= SHORTEST_REASON && length <= LONGEST_REASON;
  }

  async find(): Promise<void> {
    const name = this.typed.trim();
    if (name === "" || this.searching) return;
    this.searching = true;
    this.problem = null;
    const asked = (this.#asked += 1);
    try {
      const { people } = await this.#self.call(() => this.#self.portal.deskFind(name));
      if (asked === this.#asked) this.found = { name, people };
    } catch (thrown) {
      if (asked === this.#asked) this.problem = asPortalProblem(thrown);
    } finally {
      this.searching = false;
    }
  }

  /** The page of a person needs them, with what happened to them. */
  arrive(place: Place): void {
    if (place.to === "desk-person" && this.person?.id !== place.person && !this.loading) void this.open(place.person);
  }

  async open(id: string): Promise<void> {
    this.#leavePerson();
    // What the search told of them stands there until the whole answer does.
    this.person = this.found?.people.find((each) => each.id === id) ?? null;
    this.loading = true;
    const asked = (this.#asked += 1);
    try {
      const person = await this.#self.call(() => this.#self.portal.deskPerson(id));
      if (asked === this.#asked) this.person = person;
    } catch (thrown) {
      if (asked !== this.#asked) return;
      this.person = null;
      this.problem = asPortalProblem(thrown);
    }
    if (asked === this.#asked) this.loading = false;
  }

  ask(act: DeskAct): void {
    this.asking = act;
    this.reason = "";
    this.refused = null;
    this.given = null;
    this.done = null;
  }

  /** Closes the question, or the code that was read out. */
  close(): void {
    if (this.busy) return;
    this.asking = null;
    this.reason = "";
    this.refused = null;
    this.given = null;
  }

  async act(): Promise<void> {
    const { asking, person } = this;
    if (asking === null || person === null || this.busy) return;
    if (!this.enough) {
      this.refused = portalProblem("reason_needed");
      return;
    }
    this.busy = true;
    this.refused = null;
    const reason = this.reason.trim();
    try {
      if (asking.do === "bypass") {
        const given = await this.#self.act(() => this.#self.portal.deskBypass(person.id, reason));
        if (this.asking === asking) this.given = given;
      } else {
        const changed = await this.#self.act(() =>
          asking.do === "unlock"
            ? this.#self.portal.deskUnlock(person.id, reason)
            : asking.do === "release"
              ? this.#self.portal.deskRelease(person.id, reason)
              : asking.do === "card"
                ? this.#self.portal.deskStopCard(person.id, reason)
                : this.#self.portal.deskSuspend(person.id, asking.device, reason),
        );
        if (this.person?.id === changed.id) this.person = changed;
        if (this.asking === asking) this.asking = null;
      }
      this.reason = "";
      this.done = asking;
    } catch (thrown) {
      if (!(thrown instanceof Cancelled) && this.asking === asking) this.refused = asPortalProblem(thrown);
    } finally {
      this.busy = false;
    }
    // The code is on the page already; what was written down about it follows.
    if (this.given !== null) await this.#again(person.id);
  }

  /** The page is left: nobody reads the code over somebody's shoulder later. */
  leave(next: Place): void {
    if (next.to !== "desk-person" || next.person !== this.person?.id) this.#leavePerson();
  }

  /** Nobody is signed in any more. */
  forget(): void {
    this.#leavePerson();
    this.found = null;
    this.typed = "";
  }

  #leavePerson(): void {
    this.#asked += 1;
    this.loading = false;
    this.person = null;
    this.problem = null;
    this.asking = null;
    this.reason = "";
    this.refused = null;
    this.given = null;
    this.done = null;
  }

  async #again(id: string): Promise<void> {
    try {
      const person = await this.#self.call(() => this.#self.portal.deskPerson(id));
      if (this.person?.id === id) this.person = person;
    } catch {
      // What is shown stays right; the newest row is missing.
    }
  }
}
