/** What somebody does with a device they have: its name, its turn, its end. */
import type { First } from "../host/generated/self-service/First";
import type { SessionView } from "../host/generated/self-service/SessionView";
import { asPortalProblem } from "../host/portal-problem";
import type { PortalProblem } from "../host/portal-problem";
import { Cancelled } from "./watch";
import type { SelfService } from "./selfservice.svelte";

export class Managing {
  /** The device whose options are open in the list. */
  opened = $state<string | null>(null);
  /** The device whose removal is asked about. */
  removing = $state<string | null>(null);
  busy = $state(false);
  problem = $state.raw<PortalProblem | null>(null);
  #self: SelfService;
  /** What was chosen while another choice was on its way. */
  #next: { device: string; first: First } | null = null;

  constructor(self: SelfService) {
    this.#self = self;
  }

  toggle(device: string): void {
    this.opened = this.opened === device ? null : device;
    this.problem = null;
  }

  askRemoval(device: string): void {
    this.removing = device;
    this.problem = null;
  }

  close(): void {
    this.removing = null;
    this.problem = null;
  }

  /** The only device that can still prove anything stays. */
  isLast(device: string): boolean {
    return this.#self.devices.every((each) => each.id === device || !(each.push || each.passcode || each.call));
  }

  async rename(device: string, name: string): Promise<boolean> {
    return this.#do(() => this.#self.portal.rename(device, name));
  }

  /** The last choice wins, however quickly they follow each other. */
  async putFirst(device: string, first: First): Promise<boolean> {
    this.#next = { device, first };
    if (this.busy) return true;
    let done = true;
    while (this.#next !== null) {
      const wanted: { device: string; first: First } = this.#next;
      this.#next = null;
      done = await this.#do(() => this.#self.portal.putFirst(wanted.device, wanted.first));
    }
    return done;
  }

  async remove(device: string): Promise<boolean> {
    const gone = await this.#do(() => this.#self.portal.remove(device));
    if (gone) {
      this.removing = null;
      this.opened = null;
    }
    return gone;
  }

  async #do(work: () => Promise<SessionView>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.problem = null;
    try {
      this.#self.show(await this.#self.act(work));
      return true;
    } catch (thrown) {
      if (!(thrown instanceof Cancelled)) this.problem = asPortalProblem(thrown);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
