/** Adding a device and activating one again: what each step leads to. */
import type { DeviceKind } from "../host/generated/self-service/DeviceKind";
import type { First } from "../host/generated/self-service/First";
import type { OwnDevice } from "../host/generated/self-service/OwnDevice";
import type { Platform } from "../host/generated/self-service/Platform";
import type { ActivationWanted } from "../host/generated/self-service/ActivationWanted";
import { asPortalProblem } from "../host/portal-problem";
import type { PortalProblem } from "../host/portal-problem";
import { Activating } from "./activating.svelte";
import { Numbering } from "./numbering.svelte";
import type { AddStep, GuideName, Place } from "./place";
import { Cancelled } from "./watch";
import type { SelfService } from "./selfservice.svelte";

export type AddPlace = Extract<Place, { to: "add" }>;
export type ReactivatePlace = Extract<Place, { to: "reactivate" }>;

/** What a new phone is; `other` has no app. */
export type PhoneKind = Platform | "other";

export class Adding {
  kind = $state<DeviceKind>("phone");
  platform = $state<PhoneKind | null>(null);
  numbering = $state.raw<Numbering | null>(null);
  problem = $state.raw<PortalProblem | null>(null);
  busy = $state(false);
  #self: SelfService;

  constructor(self: SelfService) {
    this.#self = self;
  }

  /** Begins anew, from the devices or from a guide. */
  begin(guide?: GuideName): void {
    this.#forget("phone");
    this.#self.go({ to: "add", step: "type", ...(guide && { guide }) });
  }

  /** Begins with what is known to be missing, past the question what it is. */
  beginWith(kind: DeviceKind): void {
    this.#forget(kind);
    this.chooseKind({ to: "add", step: "type" });
  }

  /** Whether numbers can be confirmed at all; where not, a phone has none and a landline cannot be added. */
  get numbers(): boolean {
    return this.#self.site?.calls === true || this.#self.site?.texts === true;
  }

  get landlines(): boolean {
    return this.#self.site?.calls === true;
  }

  /** Whether what is added may be what the app runs on: nothing has to be scanned then. */
  mayBeHere(kind: DeviceKind): boolean {
    const self = this.#self;
    return self.host === "app" && self.portal.addHere !== undefined && self.thisDevice === null && kind === self.kind;
  }

  /** The steps of what is being added, for “Step 2 of 5”. */
  steps({ step, kind = this.kind }: AddPlace): number {
    if (kind === "landline") return 2;
    const numbered = kind === "phone" && this.numbers ? 1 : 0;
    const short = this.mayBeHere(kind) && ["type", "number", "confirm", "here"].includes(step);
    return (short ? 2 : 4) + numbered;
  }

  position({ step, kind = this.kind }: AddPlace): number {
    const skipped = kind === "phone" && this.numbers ? 0 : 1;
    const at: Record<AddStep, number> = { type: 1, number: 2, confirm: 2, here: 3, platform: 3, install: 4, code: 5, done: 5 };
    return step === "type" || step === "number" || step === "confirm" ? at[step] : at[step] - skipped;
  }

  chooseKind(place: AddPlace): void {
    const { kind } = this;
    const step: AddStep = kind === "landline" || (kind === "phone" && this.numbers) ? "number" : this.#numbered(kind);
    if (step === "number") this.numbering = new Numbering(this.#self, kind === "landline");
    this.platform = null;
    this.#self.go({ ...place, kind, step });
  }

  async sendCode(place: AddPlace): Promise<void> {
    if (await this.numbering?.begin()) this.#self.go({ ...place, step: "confirm" });
  }

  async confirm(place: AddPlace): Promise<void> {
    const number = this.numbering?.view?.id;
    if (number === undefined || !(await this.numbering?.confirm())) return;
    if (place.kind === "landline") await this.addLandline({ ...place, number });
    else this.#self.swap({ ...place, step: this.#numbered(place.kind ?? this.kind), number });
  }

  async choosePlatform(place: AddPlace): Promise<void> {
    if (this.platform === null) return;
    if (this.platform === "other") await this.addLandline(place);
    else this.#self.go({ ...place, step: "install", platform: this.platform });
  }

  /** Activates what the app runs on as a new device; the guide goes on, or the last page says so. */
  async addHere(place: AddPlace): Promise<void> {
    const { addHere } = this.#self.portal;
    if (addHere === undefined) return;
    const view = await this.#self.act(() => addHere(place.kind ?? this.kind, place.number ?? null));
    const device = view?.this_device ?? null;
    // Said first: a first device that is there now has to be proven with.
    this.#self.swap({ ...place, step: "done", ...(device !== null && { device }) });
    if (view !== null) this.#self.show(view);
  }

  async addLandline(place: AddPlace): Promise<void> {
    const { number } = place;
    if (number === undefined || this.busy) return;
    this.busy = true;
    this.problem = null;
    try {
      const before = new Set(this.#self.devices.map(({ id }) => id));
      const view = await this.#self.act(() => this.#self.portal.addLandline(number));
      const added = view.devices.find(({ id }) => !before.has(id));
      this.#self.show(view);
      this.#self.swap({ to: "add", step: "done", kind: place.kind ?? "landline", ...(added && { device: added.id }) });
    } catch (thrown) {
      if (!(thrown instanceof Cancelled)) this.problem = asPortalProblem(thrown);
    } finally {
      this.busy = false;
    }
  }

  /** Says which device is asked first, if that changed, and leaves. */
  async finish(place: AddPlace, first: string): Promise<void> {
    const chosen = this.#self.device(first);
    if (chosen !== null && !chosen.default) {
      const way: First = chosen.push ? "push" : "call";
      if (!(await this.#self.managing.putFirst(chosen.id, way))) return;
    }
    if (place.guide !== undefined) this.#self.swap({ to: "guide", guide: place.guide, ...(place.device && { device: place.device }) });
    else this.#self.home();
  }

  /** A place that shows a code makes one; one whose number is gone asks for it again. */
  arrive(place: Place): void {
    if (place.to !== "add" && place.to !== "reactivate") return;
    if (place.to === "add") {
      if (place.step === "number") this.numbering ??= new Numbering(this.#self, place.kind === "landline");
      if (place.step === "confirm" && !this.numbering?.view) {
        this.numbering = new Numbering(this.#self, place.kind === "landline");
        this.#self.swap({ ...place, step: "number" });
      }
    }
    if (place.step !== "code" || this.#self.activating !== null) return;
    const wanted = wantedAt(place);
    if (wanted === null) return;
    const activating = new Activating(this.#self, wanted, (device) => this.#activated(place, device));
    this.#self.activating = activating;
    void activating.start();
  }

  /** Nothing stays of what was added before. */
  #forget(kind: DeviceKind): void {
    this.kind = kind;
    this.platform = null;
    this.numbering = null;
    this.problem = null;
  }

  /** What follows once a device has its number. */
  #numbered(kind: DeviceKind): AddStep {
    return this.mayBeHere(kind) ? "here" : "platform";
  }

  #activated(place: AddPlace | ReactivatePlace, device: OwnDevice | null): void {
    const { guide } = place;
    const id = device?.id ?? (place.to === "reactivate" ? place.device : undefined);
    if (place.to === "reactivate" && guide !== undefined) this.#self.swap({ to: "guide", guide, ...(id && { device: id }) });
    else this.#self.swap({ ...place, step: "done", ...(id && { device: id }) } as AddPlace | ReactivatePlace);
  }
}

function wantedAt(place: AddPlace | ReactivatePlace): ActivationWanted | null {
  if (place.platform === undefined) return null;
  if (place.to === "reactivate") return { for: "again", device: place.device, platform: place.platform };
  if (place.kind === undefined) return null;
  return { for: "new", kind: place.kind, platform: place.platform, number: place.number ?? null };
}
