/** The three situations, step by step: which step is next, worked out from what is so now and from what was done in it. */
import type { OwnDevice } from "../host/generated/self-service/OwnDevice";
import type { Way } from "../host/generated/self-service/Way";
import type { Kept } from "./kept";
import { GUIDES } from "./place";
import type { GuideName, Place } from "./place";
import { TestRequest } from "./testrequest.svelte";
import type { SelfService } from "./selfservice.svelte";

export type StepName = "sign-in" | "prove" | "again" | "add" | "test" | "remove";
export interface GuideStep {
  name: StepName;
  state: "done" | "now" | "later";
}

const STEPS: Record<GuideName, readonly StepName[]> = {
  restored: ["sign-in", "prove", "again", "test"],
  same: ["sign-in", "prove", "again", "test"],
  new: ["sign-in", "prove", "add", "test", "remove"],
};

const KEY = "countersign.guide";

/** Ids of devices, which are good for their owner alone; nothing of it is secret. */
interface Progress {
  account: string;
  guide: GuideName;
  /** What was activated again, or added. */
  device: string | null;
  /** When its test was approved, in Unix milliseconds of this device. */
  testedAt: number | null;
}

export class Guiding {
  /** The old phone whose removal is asked about. */
  removing = $state<string | null>(null);
  #self: SelfService;
  #kept: Kept;
  #progress = $state.raw<Progress | null>(null);
  #chosen = $state<string | null>(null);

  constructor(self: SelfService, kept: Kept) {
    this.#self = self;
    this.#kept = kept;
  }

  begin(guide: GuideName): void {
    this.#self.go({ to: "guide", guide });
  }

  /** Goes on where the person was in this guide, and takes up what they come back with. */
  arrive(place: Place): void {
    const account = this.#self.session?.person.account;
    if (place.to !== "guide" || account === undefined) return;
    const before = this.#progress ?? read(this.#kept);
    const mine = before?.account === account && before.guide === place.guide ? before : null;
    const device = this.#self.device(place.device ?? mine?.device ?? undefined)?.id ?? null;
    const testedAt = device === mine?.device ? (mine?.testedAt ?? null) : null;
    if (mine !== null && mine.device === device && mine.testedAt === testedAt) this.#progress = mine;
    else this.#save({ account, guide: place.guide, device, testedAt });
  }

  steps(guide: GuideName): GuideStep[] {
    const done = (name: StepName): boolean => {
      switch (name) {
        case "sign-in":
          return this.#self.session !== null;
        case "prove":
          return this.proven;
        case "again":
        case "add":
          return this.proven && this.device !== null;
        case "test":
          return this.proven && this.device !== null && this.testedAt !== null;
        case "remove":
          return this.testedAt !== null && this.olds.length === 0;
      }
    };
    const names = STEPS[guide];
    const now = names.findIndex((name) => !done(name));
    return names.map((name, at) => ({ name, state: now < 0 || at < now ? "done" : at === now ? "now" : "later" }));
  }

  get proven(): boolean {
    return this.#self.session !== null && this.#self.session.stage !== "prove";
  }

  /** What was activated again or added in this guide. */
  get device(): OwnDevice | null {
    return this.#self.device(this.#progress?.device ?? undefined);
  }

  get testedAt(): number | null {
    return this.#progress?.testedAt ?? null;
  }

  /** The call that is the only thing to work, so that it can be begun at once. */
  get call(): Way | null {
    const able = (this.#self.session?.ways ?? []).filter(({ why_not }) => why_not === null);
    const first = able[0];
    return first?.kind === "call" && first.device !== null && !able.some(({ kind }) => kind === "push") ? first : null;
  }

  /** What may be the phone that was restored or replaced: this one, or those that stopped working, else all with the app. */
  get candidates(): OwnDevice[] {
    const apps = this.#self.devices.filter(({ standing }) => standing !== "calls_only");
    const stopped = apps.filter(({ standing }) => standing === "needs_reactivating");
    const here = apps.filter((device) => this.#self.isHere(device));
    const others = apps.filter(({ id }) => id !== this.#self.thisDevice);
    // An app that works is where people put another device of theirs in order.
    const ready = this.#self.thisDevice !== null && this.#self.hasKeys() && others.length > 0;
    if (here.length > 0 && !ready) return here;
    if (stopped.length > 0) return stopped;
    return ready ? others : apps;
  }

  /** Whether the step of activating again needs no code. */
  get here(): boolean {
    const device = this.picked(this.candidates);
    return device === null ? this.#self.host === "app" : this.#self.isHere(device);
  }

  /** What may be the phone that goes: everything with the app or a mobile number that was there before. */
  get olds(): OwnDevice[] {
    return this.#self.devices.filter(({ id, kind }) => kind === "phone" && id !== this.#progress?.device);
  }

  /** Which of several it is. */
  picked(among: OwnDevice[]): OwnDevice | null {
    return among.find(({ id }) => id === this.#chosen) ?? among[0] ?? null;
  }

  pick(device: string): void {
    this.#chosen = device;
  }

  prove(): void {
    this.#self.prove();
  }

  callMe(): void {
    const { call } = this;
    this.#self.prove();
    if (call !== null) void this.#self.proving?.choose(call);
  }

  again(guide: GuideName): void {
    const device = this.picked(this.candidates);
    if (device === null) return;
    this.#self.go({ to: "reactivate", device: device.id, step: this.#self.isHere(device) ? "here" : "platform", guide });
  }

  add(): void {
    this.#self.adding.begin("new");
  }

  async test(): Promise<void> {
    const { device } = this;
    if (device === null) return;
    this.#self.testing?.stop();
    const test = new TestRequest(this.#self, device.id);
    this.#self.testing = test;
    await test.send();
    const progress = this.#progress;
    if (test.state === "approved" && progress?.device === device.id) this.#save({ ...progress, testedAt: test.approvedAt });
  }

  askRemoval(): void {
    this.removing = this.picked(this.olds)?.id ?? null;
    this.#self.managing.problem = null;
  }

  keep(): void {
    if (!this.#self.managing.busy) this.removing = null;
  }

  /** The last step: the old phone goes, and with it the guide. */
  async remove(): Promise<void> {
    if (this.removing === null || !(await this.#self.managing.remove(this.removing))) return;
    this.finish();
  }

  finish(): void {
    this.forget();
    this.#self.home();
  }

  /** Another place, or nobody signed in: the question is not asked there. */
  leave(): void {
    this.removing = null;
    this.#chosen = null;
  }

  forget(): void {
    this.leave();
    this.#progress = null;
    try {
      this.#kept.removeItem(KEY);
    } catch {
      // A browser that keeps nothing has nothing to forget.
    }
  }

  /** The session ended; whoever signs in again goes on, but not on a workstation of many. */
  signedOut(forGood: boolean): void {
    if (forGood) this.forget();
    else this.leave();
    this.#progress = null;
  }

  #save(progress: Progress): void {
    this.#progress = progress;
    if (this.#self.session?.shared === true) return;
    try {
      this.#kept.setItem(KEY, JSON.stringify(progress));
    } catch {
      // Without a place to keep it the guide works all the same, until the page is loaded again.
    }
  }
}

function read(kept: Kept): Progress | null {
  try {
    const found: unknown = JSON.parse(kept.getItem(KEY) ?? "null");
    if (typeof found !== "object" || found === null || !("account" in found) || typeof found.account !== "string") return null;
    const guide = "guide" in found ? GUIDES.find((each) => each === found.guide) : undefined;
    if (guide === undefined) return null;
    return {
      account: found.account,
      guide,
      device: "device" in found && typeof found.device === "string" ? found.device : null,
      testedAt: "testedAt" in found && typeof found.testedAt === "number" ? found.testedAt : null,
    };
  } catch {
    return null;
  }
}
