/** Where somebody proves who they are: My Settings & Devices in the browser or the app, or the sign-in prompt of an application. */
import type { OwnDevice } from "../host/generated/self-service/OwnDevice";
import type { SessionView } from "../host/generated/self-service/SessionView";
import type { SiteView } from "../host/generated/self-service/SiteView";
import type { Portal } from "../host/portal";
import type { PortalProblem } from "../host/portal-problem";
import type { Proving } from "./proving.svelte";
import type { Pause } from "./watch";

/** What a proof and its views need of the place that they are in. */
export interface ProofHost {
  readonly host: "browser" | "app" | "prompt";
  readonly portal: Pick<Portal, "prove" | "proof" | "cancelProof">;
  readonly pause: Pause;
  readonly site: SiteView | null;
  readonly session: (Pick<SessionView, "ways" | "person"> & Partial<Pick<SessionView, "stage">>) | null;
  readonly devices: OwnDevice[];
  readonly proving: Proving | null;
  /** The device that the app runs on. */
  readonly thisDevice: string | null;
  /** Whole seconds until a moment of the service's clock. */
  secondsUntil(at: number): number;
  /** A call that counts as use. */
  call<T>(work: () => Promise<T>): Promise<T>;
  /** Asks where everything stands, after a proof was confirmed. */
  refresh(): Promise<void>;
  /** Asks the same because somebody looks again; what is refused is left as it is. */
  seen(): Promise<void>;
  /** A call was refused. */
  failed(problem: PortalProblem): void;
  /** A step of the proof is one on the way back. */
  pushProof(proving: Proving): void;
  /** Help in front of the proof, which goes on, where there is any. */
  help?(): void;
  back(): void;
  home(): void;
}
