/** Where a person can be in the self-service screens, and the way that led there. */
import type { DeviceKind } from "../host/generated/self-service/DeviceKind";
import type { Platform } from "../host/generated/self-service/Platform";

/** The three situations that are led through step by step. */
export type GuideName = "restored" | "same" | "new";
export const GUIDES: readonly GuideName[] = ["restored", "same", "new"];

export type AddStep = "type" | "number" | "confirm" | "here" | "platform" | "install" | "code" | "done";

/** What was answered on the way; ids of the session alone, never a code and never a whole number. */
export type Place =
  | { to: "devices" }
  | { to: "options"; device: string }
  | { to: "rename"; device: string }
  | { to: "reactivate"; device: string; step: "here" | "platform" | "code" | "done"; platform?: Platform; guide?: GuideName }
  | { to: "add"; step: AddStep; kind?: DeviceKind; number?: string; platform?: Platform; device?: string; guide?: GuideName }
  | { to: "guide"; guide: GuideName; device?: string }
  | { to: "help" }
  /** If a device were lost: what would get the person back in. The device is named where it was chosen. */
  | { to: "lose"; device?: string }
  /** The recovery card. */
  | { to: "card" }
  /** Which of the three situations it is, before anything was proven. */
  | { to: "needs" }
  /** Another proof is asked for, or one of its ways; the place below stays. */
  | { to: "prove"; below: Place }
  | { to: "desk" }
  | { to: "desk-person"; person: string };

export const ROOT: Place = { to: "devices" };

/** Places that ask for the proof by a button of their own. */
export function provesLater(place: Place): boolean {
  return place.to === "guide" || place.to === "needs";
}

/** The way back, kept by whoever knows where the person is: the browser's history, or a list of our own. */
export interface Trail {
  /** Where the person begins. */
  readonly start: Place;
  push(place: Place): void;
  replace(place: Place): void;
  /** One step back; `onMove` then tells where that is. */
  back(): void;
  /** Takes the last places off the way without leaving the one below them; `onMove` is not told. */
  drop(count: number): void;
  /** Back to where the person began, which becomes the devices. */
  home(): void;
  /** Whether `back` leads anywhere. */
  readonly deep: boolean;
  onMove(listener: (place: Place) => void): void;
}

/** A way back in memory, for the app and for tests. */
export class MemoryTrail implements Trail {
  readonly start: Place;
  #places: Place[];
  #moved: (place: Place) => void = () => undefined;

  constructor(start: Place = ROOT) {
    this.start = start;
    this.#places = [start];
  }

  get deep(): boolean {
    return this.#places.length > 1;
  }

  push(place: Place): void {
    this.#places.push(place);
  }

  replace(place: Place): void {
    this.#places[this.#places.length - 1] = place;
  }

  back(): void {
    if (this.#places.length > 1) this.#places.pop();
    this.#moved(this.#places.at(-1) ?? ROOT);
  }

  drop(count: number): void {
    this.#places.splice(Math.max(1, this.#places.length - count));
  }

  home(): void {
    this.#places = [ROOT];
  }

  onMove(listener: (place: Place) => void): void {
    this.#moved = listener;
  }
}
