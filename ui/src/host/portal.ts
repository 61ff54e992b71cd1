/** What the self-service screens may ask for: one method per route of the service's self-service API. */
import type { ActivationWanted } from "./generated/self-service/ActivationWanted";
import type { CardView } from "./generated/self-service/CardView";
import type { DeskBypass } from "./generated/self-service/DeskBypass";
import type { DeskFound } from "./generated/self-service/DeskFound";
import type { DeskUser } from "./generated/self-service/DeskUser";
import type { DeviceKind } from "./generated/self-service/DeviceKind";
import type { First } from "./generated/self-service/First";
import type { LiveActivation } from "./generated/self-service/LiveActivation";
import type { NumberBy } from "./generated/self-service/NumberBy";
import type { NumberView } from "./generated/self-service/NumberView";
import type { NumberWanted } from "./generated/self-service/NumberWanted";
import type { ProofView } from "./generated/self-service/ProofView";
import type { ProofWanted } from "./generated/self-service/ProofWanted";
import type { RecognisedView } from "./generated/self-service/RecognisedView";
import type { SessionView } from "./generated/self-service/SessionView";
import type { SiteView } from "./generated/self-service/SiteView";
import type { TestView } from "./generated/self-service/TestView";

/**
 * The service behind the self-service screens. Every method rejects with a `PortalProblem` and nothing else
 * (see `portal-problem.ts`); a held call rejects with whatever it likes once its signal was aborted.
 */
export interface Portal {
  /** How far this device's clock is ahead of the service's, in milliseconds, as far as is known; else 0. */
  millisFast(): number;

  site(): Promise<SiteView>;
  /** `shared`: at a computer that many people use, as `recognised` told. */
  signIn(username: string, password: string, shared: boolean): Promise<SessionView>;
  /** Who is signed in on this computer; only a browser can be asked that. */
  recognised?(): Promise<RecognisedView>;
  /** Signs in whoever `recognised` told of. */
  continueAs?(account: string): Promise<SessionView>;
  session(): Promise<SessionView>;
  /** Counts as use, so that the session does not end yet. */
  stay(): Promise<SessionView>;
  signOut(): Promise<void>;

  prove(wanted: ProofWanted): Promise<ProofView>;
  /** Held until the proof's revision is another than `after`, or for half a minute at most. */
  proof(id: string, after: number, signal: AbortSignal): Promise<ProofView>;
  cancelProof(id: string): Promise<ProofView>;

  rename(device: string, name: string): Promise<SessionView>;
  /** Makes the device the default, and says what for. */
  putFirst(device: string, first: First): Promise<SessionView>;
  remove(device: string): Promise<SessionView>;
  sendTest(device: string): Promise<TestView>;
  /** Held as `proof` is. */
  test(id: string, after: number, signal: AbortSignal): Promise<TestView>;

  addNumber(wanted: NumberWanted): Promise<NumberView>;
  sendCode(number: string, by: NumberBy): Promise<NumberView>;
  confirmNumber(number: string, code: string): Promise<NumberView>;
  addLandline(number: string): Promise<SessionView>;

  /** The only answer with the activation text and its picture. */
  activate(wanted: ActivationWanted): Promise<LiveActivation>;
  /** Held as `proof` is. */
  activation(id: string, after: number, signal: AbortSignal): Promise<LiveActivation>;
  /** Texts the link to the device’s own number. An app keeps the text of it to itself. */
  textLink(id: string, text: string): Promise<LiveActivation>;
  /** The phone that scanned it shows these digits too. */
  confirmScan(id: string, check: string): Promise<LiveActivation>;
  cancelActivation(id: string): Promise<LiveActivation>;
  /**
   * Activates a device on the very phone that the app runs on; only an app has it. `null` where that was done and the
   * session could not be asked for.
   */
  reactivateHere?(device: string): Promise<SessionView | null>;
  /** The same for a new device, with a number that was confirmed. */
  addHere?(kind: DeviceKind, number: string | null): Promise<SessionView | null>;

  /** The only answer with the codes of a recovery card; the card before it is over. */
  makeCard(): Promise<CardView>;
  stopCard(): Promise<SessionView>;

  deskFind(name: string): Promise<DeskFound>;
  deskPerson(person: string): Promise<DeskUser>;
  deskBypass(person: string, reason: string): Promise<DeskBypass>;
  deskUnlock(person: string, reason: string): Promise<DeskUser>;
  deskRelease(person: string, reason: string): Promise<DeskUser>;
  deskStopCard(person: string, reason: string): Promise<DeskUser>;
  deskSuspend(person: string, device: string, reason: string): Promise<DeskUser>;
}
