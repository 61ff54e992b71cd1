/** My Settings & Devices: who is signed in, what was proven, and where the person is. For the browser and for the app. */
import type { StoppedView } from "../host/generated/StoppedView";
import type { DeviceKind } from "../host/generated/self-service/DeviceKind";
import type { OwnDevice } from "../host/generated/self-service/OwnDevice";
import type { SessionView } from "../host/generated/self-service/SessionView";
import type { SiteView } from "../host/generated/self-service/SiteView";
import type { Portal } from "../host/portal";
import { asPortalProblem, isUnreachable } from "../host/portal-problem";
import type { PortalProblem } from "../host/portal-problem";
import type { Activating } from "./activating.svelte";
import { Adding } from "./addingdevice.svelte";
import { Carding } from "./carding.svelte";
import type { Ticker } from "./clock.svelte";
import { Desk } from "./desk.svelte";
import { Guiding } from "./guide.svelte";
import { inMemory } from "./kept";
import type { Kept } from "./kept";
import { Managing } from "./managing.svelte";
import { MemoryTrail, ROOT, provesLater } from "./place";
import type { Place, Trail } from "./place";
import { Proving } from "./proving.svelte";
import { Recognising } from "./recognising.svelte";
import { SigningOut } from "./signingout.svelte";
import type { TestRequest } from "./testrequest.svelte";
import { Cancelled, pause } from "./watch";
import type { Pause } from "./watch";

/** The person is asked whether they are still there this long before the session ends. */
const WARN_SECONDS = 30;
const RETRY_MS = 5_000;

export interface SelfServiceOptions {
  portal: Portal;
  ticker: Ticker;
  host: "browser" | "app";
  trail?: Trail;
  pause?: Pause;
  /** Where the guides keep how far somebody is. */
  kept?: Kept;
  /** What the app runs on: a computer counts as a tablet. */
  kind?: DeviceKind;
  /** Prints the page; `null` where nothing prints. */
  print?: (() => void) | null;
  /** Whether the app’s own keys work there. */
  hasKeys?: () => boolean;
  /** What the service said became of the app’s own keys there, while it takes them no more. */
  stopped?: () => StoppedView | null;
}

export class SelfService {
  readonly portal: Portal;
  readonly ticker: Ticker;
  readonly host: "browser" | "app";
  readonly pause: Pause;
  readonly kind: DeviceKind;
  readonly print: (() => void) | null;
  readonly hasKeys: () => boolean;
  readonly stopped: () => StoppedView | null;
  readonly adding: Adding;
  readonly managing: Managing;
  readonly carding: Carding;
  readonly desk: Desk;
  readonly guiding: Guiding;
  readonly recognising: Recognising;
  readonly signingOut: SigningOut;
  site = $state.raw<SiteView | null>(null);
  session = $state.raw<SessionView | null>(null);
  place = $state.raw<Place>(ROOT);
  proving = $state.raw<Proving | null>(null);
  activating = $state.raw<Activating | null>(null);
  testing = $state.raw<TestRequest | null>(null);
  /** The first answer is not there yet. */
  starting = $state(true);
  /** The service does not answer; we ask again by ourselves. */
  down = $state(false);
  /** Why nobody is signed in any more; `null` where nobody was. */
  ended = $state<"signed-out" | "idle" | "elsewhere" | null>(null);
  signingIn = $state(false);
  /** What went wrong with the last sign-in. */
  refused = $state.raw<PortalProblem | null>(null);
  /** The device that this app became a moment ago, for when the session cannot say so. */
  activatedHere = $state<string | null>(null);
  #trail: Trail;
  #idleFor = 0;
  #idleAt = $state(0);
  #retrying = false;
  /** The person came to activate this phone again. */
  #again = false;
  #waiting: { resolve: () => void; reject: (why: unknown) => void } | null = null;

  constructor({
    portal,
    ticker,
    host,
    trail = new MemoryTrail(),
    pause: wait = pause,
    kept = inMemory(),
    kind = "phone",
    print = null,
    hasKeys = () => false,
    stopped = () => null,
  }: SelfServiceOptions) {
    this.portal = portal;
    this.ticker = ticker;
    this.host = host;
    this.pause = wait;
    this.kind = kind;
    this.print = print;
    this.hasKeys = hasKeys;
    this.stopped = stopped;
    this.#trail = trail;
    this.managing = new Managing(this);
    this.adding = new Adding(this);
    this.carding = new Carding(this);
    this.desk = new Desk(this);
    this.guiding = new Guiding(this, kept);
    this.recognising = new Recognising(this);
    this.signingOut = new SigningOut(this);
    trail.onMove((place) => this.#moved(place));
    ticker.onTick(() => this.#tick());
    this.place = this.#settled(trail.start);
  }

  async start(): Promise<void> {
    await this.#ask();
    if (this.down) void this.#retry();
  }

  /** Somebody looks at the page again: the session may have ended, or gone on, or begun, elsewhere. */
  async seen(): Promise<void> {
    if (this.starting || this.down || this.signingIn) return;
    if (this.session !== null) await this.refresh().catch(() => undefined);
    // Whoever signed out here stays so until they say otherwise here.
    else if (this.ended !== "signed-out" && this.ended !== "idle") await this.#ask();
  }

  /**
   * The page is left, and may be shown again as it is now: nothing of the person stands on it until then. At a computer that
   * many people use nobody is left signed in behind it.
   */
  leave(): void {
    if (this.session?.shared === true) {
      void this.portal.signOut().catch(() => undefined);
      this.#end("signed-out");
    }
    this.starting = true;
    this.carding.leave(ROOT);
    this.activating?.leave();
    this.activating = null;
  }

  /** It is shown again. */
  async returned(): Promise<void> {
    if (this.starting && this.site !== null) await this.start();
  }

  /** Asks once more because the person wants to. */
  async tryNow(): Promise<void> {
    await this.#ask();
  }

  get warning(): number | null {
    if (this.session === null) return null;
    const left = this.secondsUntil(Math.min(this.#idleAt, this.session.ends_at));
    return left <= WARN_SECONDS ? left : null;
  }

  get devices(): OwnDevice[] {
    return this.session?.devices ?? [];
  }

  /** The device that the app runs on. */
  get thisDevice(): string | null {
    return this.session?.this_device ?? this.activatedHere;
  }

  /** Whether the app is this device or, where it has no keys yet, can become it: then there is no code to scan. */
  isHere(device: OwnDevice): boolean {
    if (this.host !== "app" || this.portal.reactivateHere === undefined) return false;
    return this.thisDevice === null ? device.kind === this.kind : device.id === this.thisDevice;
  }

  get deep(): boolean {
    return this.#trail.deep;
  }

  device(id: string | undefined): OwnDevice | null {
    return this.devices.find((each) => each.id === id) ?? null;
  }

  /** Whole seconds until a moment of the service's clock; read again as time moves. */
  secondsUntil(at: number): number {
    void this.ticker.now;
    return Math.max(0, Math.ceil((at - this.now()) / 1000));
  }

  /** The service's clock, in Unix milliseconds. */
  now(): number {
    return this.ticker.clock.wall() - this.portal.millisFast();
  }

  async signIn(username: string, password: string): Promise<boolean> {
    if (this.signingIn) return false;
    this.signingIn = true;
    this.refused = null;
    try {
      this.begun(await this.portal.signIn(username, password, this.recognising.whyNot === "shared"));
      return true;
    } catch (thrown) {
      this.refused = asPortalProblem(thrown);
      return false;
    } finally {
      this.signingIn = false;
    }
  }

  /** Somebody signed in. */
  begun(view: SessionView): void {
    this.show(view);
    this.ended = null;
    this.recognising.forget();
  }

  /** The page forgets the person at once. Where the service could not be told, it is told as soon as it answers. */
  async signOut(): Promise<void> {
    const until = Math.min(this.#idleAt, this.session?.ends_at ?? this.#idleAt);
    const told = await this.signingOut.tell();
    this.#end("signed-out");
    if (!told) void this.signingOut.keepTelling(until);
    this.place = ROOT;
    this.#trail.home();
  }

  /** From “You’re signed out” to the sign-in form. */
  async again(): Promise<void> {
    await this.recognising.look();
    this.ended = null;
  }

  async stay(): Promise<void> {
    try {
      this.show(await this.portal.stay());
    } catch (thrown) {
      this.failed(asPortalProblem(thrown));
    }
  }

  async refresh(): Promise<void> {
    this.show(await this.call(() => this.portal.session()));
  }

  show(view: SessionView): void {
    this.session = view;
    this.#idleFor = Math.max(0, view.idle_at - this.now());
    this.#idleAt = view.idle_at;
    if (view.stage !== "prove" && this.proving?.first === true && !this.proving.underWay) this.#leaveProving();
    if (view.stage === "prove" && this.proving === null && !provesLater(this.place) && !this.#justAdded) this.#prove(true);
    this.#arrive();
  }

  /** A call that counts as use; what ends the session is noticed here. */
  async call<T>(work: () => Promise<T>): Promise<T> {
    try {
      const answer = await work();
      this.#idleAt = this.now() + this.#idleFor;
      return answer;
    } catch (thrown) {
      this.failed(asPortalProblem(thrown));
      throw thrown;
    }
  }

  /** A call that may ask for a fresh proof first: it is made again then. Rejects with `Cancelled` where none was given. */
  async act<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.call(work);
    } catch (thrown) {
      if (asPortalProblem(thrown).code !== "proof_needed" || this.session === null) throw thrown;
    }
    await new Promise<void>((resolve, reject) => {
      this.#waiting?.reject(new Cancelled());
      this.#waiting = { resolve, reject };
      if (this.proving === null) this.#prove(false);
    });
    return this.call(work);
  }

  failed(problem: PortalProblem): void {
    if (problem.code === "signed_out" && this.session !== null) this.#end("elsewhere");
  }

  /** Leads to one tap that activates this phone again, as soon as the person may do that. */
  reactivateThis(): void {
    this.#again = true;
    this.#arrive();
  }

  /** A guide asks for its proof by a button. */
  prove(): void {
    if (this.proving === null) this.#prove(false);
  }

  go(place: Place): void {
    this.#trail.push(place);
    this.#leave(place);
    this.place = this.#settled(place);
    this.#arrive();
  }

  /** Help stands in front of whatever is under way, which goes on meanwhile. */
  help(): void {
    if (this.place.to === "help") return;
    this.#trail.push({ to: "help" });
    this.place = { to: "help" };
  }

  leaveHelp(): void {
    if (this.#trail.deep) this.#trail.back();
    else {
      this.#trail.replace(ROOT);
      this.#moved(ROOT);
    }
  }

  /** From help to what it speaks of; what was under way is left for it. */
  fromHelp(place: Place): void {
    const first = this.proving?.first === true;
    if (this.proving !== null) this.#leaveProving();
    this.#waiting?.reject(new Cancelled());
    this.#waiting = null;
    this.go(place);
    if (first && place.to !== "guide" && this.session?.stage === "prove") this.#prove(true);
  }

  /** Where the person goes on to as soon as they are signed in. */
  afterwards(place: Place): void {
    this.#trail.replace(place);
    this.place = place;
  }

  /** The next page in place of this one: nobody wants to go back to a code that was used. */
  swap(place: Place): void {
    this.#trail.replace(place);
    this.#leave(place);
    this.place = this.#settled(place);
    this.#arrive();
  }

  back(): void {
    if (this.#trail.deep) this.#trail.back();
    else this.#moved(ROOT);
  }

  home(): void {
    this.#leave(ROOT);
    this.place = ROOT;
    this.#trail.home();
    if (this.session?.stage === "prove" && this.proving === null) this.#prove(true);
  }

  pushProof(proving: Proving): void {
    proving.places += 1;
    this.#trail.push({ to: "prove", below: this.place });
  }

  stop(): void {
    this.proving?.stop();
    this.activating?.leave();
    this.testing?.stop();
  }

  /** The first device was added a moment ago: that is said before it is asked to prove anything. */
  get #justAdded(): boolean {
    const { place } = this;
    if (place.to !== "add") return false;
    return place.step === "done" || (place.step === "code" && this.activating?.live?.state === "done");
  }

  async #ask(): Promise<void> {
    try {
      this.site ??= await this.portal.site();
      const view = await this.portal.session().catch((thrown: unknown) => {
        const problem = asPortalProblem(thrown);
        if (isUnreachable(problem)) throw problem;
        return null;
      });
      if (view !== null) {
        this.ended = null;
        this.show(view);
      } else if (this.session !== null) this.#end("elsewhere");
      if (this.session === null && this.starting) await this.recognising.look();
      this.down = false;
      this.starting = false;
    } catch (thrown) {
      this.down = isUnreachable(asPortalProblem(thrown)) || this.site === null;
      this.starting = false;
    }
  }

  async #retry(): Promise<void> {
    if (this.#retrying) return;
    this.#retrying = true;
    while (this.down) {
      await this.pause(RETRY_MS);
      if (this.down) await this.#ask();
    }
    this.#retrying = false;
  }

  #tick(): void {
    if (this.session !== null && this.warning === 0) {
      void this.portal.signOut().catch(() => undefined);
      this.#end("idle");
    }
  }

  #end(why: "signed-out" | "idle" | "elsewhere"): void {
    this.stop();
    if (this.proving !== null) this.#leaveProving();
    this.#waiting?.reject(new Cancelled());
    this.#waiting = null;
    this.activating = null;
    this.testing = null;
    this.#again = false;
    this.activatedHere = null;
    this.managing.close();
    this.desk.forget();
    this.carding.forget();
    this.guiding.signedOut(why === "signed-out" || this.session?.shared === true);
    this.session = null;
    this.ended = why;
  }

  #prove(first: boolean): void {
    const proving = new Proving(this, first, (confirmed) => {
      if (this.proving === proving) this.#leaveProving();
      if (confirmed) this.#waiting?.resolve();
      else this.#waiting?.reject(new Cancelled());
      this.#waiting = null;
      if (confirmed) this.#arrive();
    });
    this.proving = proving;
    if (!first) this.pushProof(proving);
  }

  #leaveProving(): void {
    const { proving } = this;
    this.proving = null;
    proving?.stop();
    if (proving !== null && proving.places > 0) this.#trail.drop(proving.places);
  }

  /** The way back was taken: out of a step of the proof, or to the place before. */
  #moved(to: Place): void {
    const { proving } = this;
    if (this.place.to === "help") {
      // Nothing was left for it, so everything is as it was
      this.place = this.#settled(to.to === "prove" ? to.below : to);
      if (proving === null && this.session?.stage === "prove" && this.place.to !== "guide") this.#prove(true);
      this.#arrive();
      return;
    }
    if (to.to === "help") {
      this.place = to;
      return;
    }
    if (proving !== null) {
      proving.places = Math.max(0, proving.places - 1);
      if (to.to === "prove" || proving.first) proving.toWays();
      else proving.cancel();
      return;
    }
    const place = to.to === "prove" ? to.below : to;
    this.#leave(place);
    this.place = this.#settled(place);
    if (this.session?.stage === "prove" && !provesLater(place)) this.#prove(true);
    this.#arrive();
  }

  /** What a place of the address means on this host. */
  #settled(place: Place): Place {
    if (place.to === "options" && this.host === "browser") {
      this.managing.opened = place.device;
      return ROOT;
    }
    return place;
  }

  #leave(next: Place): void {
    this.desk.leave(next);
    this.carding.leave(next);
    this.guiding.leave();
    if (!("step" in next) || next.step !== "code") {
      this.activating?.leave();
      this.activating = null;
    }
    if (next.to !== this.place.to) {
      this.testing?.stop();
      this.testing = null;
      this.managing.close();
    }
  }

  /** What a place needs as soon as the person may be there. */
  #arrive(): void {
    if (this.session === null || this.session.stage === "prove" || this.proving !== null) return;
    // Where nothing has to be proven the devices are no secret any more.
    if (this.place.to === "needs") {
      this.#trail.replace(ROOT);
      this.place = ROOT;
    }
    const here = this.#again ? this.device(this.thisDevice ?? undefined) : null;
    this.#again = false;
    if (here !== null) {
      this.go({ to: "reactivate", device: here.id, step: "here" });
      return;
    }
    this.adding.arrive(this.place);
    this.desk.arrive(this.place);
    this.guiding.arrive(this.place);
  }
}
