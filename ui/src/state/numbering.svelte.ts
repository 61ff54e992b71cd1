/** The number of a device that is added: typed, and confirmed by a code. */
import type { ListedNumber } from "../host/generated/self-service/ListedNumber";
import type { NumberBy } from "../host/generated/self-service/NumberBy";
import type { NumberView } from "../host/generated/self-service/NumberView";
import { asPortalProblem } from "../host/portal-problem";
import type { PortalProblem } from "../host/portal-problem";
import { onlyDigits } from "./digits";
import { Cancelled } from "./watch";
import type { SelfService } from "./selfservice.svelte";

const CODE_DIGITS = 6;

export class Numbering {
  typed = $state("");
  extension = $state("");
  by = $state<NumberBy>("text");
  view = $state.raw<NumberView | null>(null);
  code = $state("");
  busy = $state(false);
  problem = $state.raw<PortalProblem | null>(null);
  readonly landline: boolean;
  /** The number that the organisation has for the person, where it is of the kind that is added. */
  readonly listed: ListedNumber | null;
  /** Whether that one is taken; else one is typed. */
  takesListed = $state(false);
  #self: SelfService;

  constructor(self: SelfService, landline: boolean) {
    this.#self = self;
    this.landline = landline;
    const listed = self.session?.listed_number ?? null;
    this.listed = listed?.landline === landline ? listed : null;
    this.takesListed = this.listed !== null;
    this.by = landline || self.site?.texts === false ? "call" : "text";
  }

  typeNumber(text: string): void {
    this.typed = text;
    this.problem = null;
  }

  /** Takes the organisation's number, or none of it. */
  takeListed(takes: boolean): void {
    this.takesListed = takes;
    this.problem = null;
  }

  typeCode(text: string): void {
    if (this.busy) return;
    this.code = onlyDigits(text, CODE_DIGITS);
    this.problem = null;
  }

  get complete(): boolean {
    return this.code.length === CODE_DIGITS;
  }

  /** Another number is typed after all. */
  another(): void {
    this.typed = "";
    this.problem = null;
  }

  /** Whether there is a number to send a code to. */
  get named(): boolean {
    return this.takesListed || this.typed.trim() !== "";
  }

  /** Sends a code to that number; whether one is on its way. */
  async begin(): Promise<boolean> {
    if (!this.named) return false;
    return this.#busy(async () => {
      const extension = this.landline && this.extension.trim() !== "" ? this.extension.trim() : null;
      const wanted = { number: this.takesListed ? null : this.typed, landline: this.landline, extension };
      const view = await this.#self.act(() => this.#self.portal.addNumber(wanted));
      this.code = "";
      this.view = view;
      this.view = await this.#self.act(() => this.#self.portal.sendCode(view.id, view.by.includes(this.by) ? this.by : "call"));
    });
  }

  async again(by: NumberBy): Promise<void> {
    const { view } = this;
    if (view === null) return;
    this.by = by;
    await this.#busy(async () => {
      this.code = "";
      this.view = await this.#self.act(() => this.#self.portal.sendCode(view.id, by));
    });
  }

  /** Whether the code was right. */
  async confirm(): Promise<boolean> {
    const { view } = this;
    // It was right before; only what came after it has to be tried again.
    if (view?.confirmed === true) return true;
    if (view === null || !this.complete) return false;
    return this.#busy(async () => {
      this.view = await this.#self.act(() => this.#self.portal.confirmNumber(view.id, this.code));
    });
  }

  async #busy(work: () => Promise<void>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.problem = null;
    try {
      await work();
      return true;
    } catch (thrown) {
      if (!(thrown instanceof Cancelled)) this.problem = asPortalProblem(thrown);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
