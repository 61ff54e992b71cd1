/** What would get somebody back in if a device of theirs were gone, and what is missing to it: worked out from their list alone. */
import type { CardStanding } from "../host/generated/self-service/CardStanding";
import type { DeviceKind } from "../host/generated/self-service/DeviceKind";
import type { OwnDevice } from "../host/generated/self-service/OwnDevice";
import { codesLeft } from "./carding.svelte";

/** How one device lets its owner in. */
export type How = "push_and_passcode" | "push" | "passcode" | "unanswered_passcode" | "call";

export interface WayBack {
  device: OwnDevice;
  how: How;
}

/** What would make it better, the nearest first. */
export type Missing = { do: "card" } | { do: "reactivate"; device: OwnDevice } | { do: "add"; kind: DeviceKind };

export interface WaysBack {
  /** The device that is gone. */
  lost: OwnDevice;
  /** The person's own ways, the surest first. The Service Desk comes after all of them, always. */
  own: WayBack[];
  /** Codes of the recovery card that would let them in. */
  codes: number;
  /** Devices that are still there and would not help. */
  idle: OwnDevice[];
  verdict: "safe" | "desk_only";
  missing: Missing[];
}

/** The surest first: what answers by itself, then what is read from a screen, then what rings. */
const SUREST: readonly How[] = ["push_and_passcode", "push", "passcode", "unanswered_passcode", "call"];

/** What can be lost on the way home; a landline stays where it is. */
export function losable(devices: readonly OwnDevice[]): OwnDevice[] {
  return devices.filter(({ kind }) => kind !== "landline");
}

/** The device whose loss is looked at: the one that was chosen, else the one in the person's hand, else the default one. */
export function lostOf(devices: readonly OwnDevice[], ...wanted: (string | null | undefined)[]): OwnDevice | null {
  const among = losable(devices);
  const found = wanted.map((id) => among.find((device) => device.id === id)).find((device) => device !== undefined);
  return found ?? among.find((device) => device.default) ?? among[0] ?? null;
}

/** What there is beside the devices. */
export interface Beside {
  /** Whether the site can call at all. */
  calls: boolean;
  card: CardStanding | null;
  now: number;
}

export function waysBack(devices: readonly OwnDevice[], lost: OwnDevice, { calls, card, now }: Beside): WaysBack {
  // The lost device's own number is gone with it: no two devices have the same one.
  const left = devices.filter(({ id }) => id !== lost.id);
  const own = left
    .flatMap((device) => {
      const how = howOf(device, calls);
      return how === null ? [] : [{ device, how }];
    })
    .sort((one, other) => SUREST.indexOf(one.how) - SUREST.indexOf(other.how));
  const idle = left.filter((device) => own.every((way) => way.device.id !== device.id));
  const codes = codesLeft(card, now);
  const safe = own.length > 0 || codes > 0;
  // A card takes a printer and no second device, so it is what is missing first to whoever has nothing.
  const missing: Missing[] = safe ? [] : [{ do: "card" }];
  return { lost, own, codes, idle, verdict: safe ? "safe" : "desk_only", missing: [...missing, ...missingTo(lost, left, own, calls)] };
}

function howOf({ standing, push, passcode, call }: OwnDevice, calls: boolean): How | null {
  // What a push did not reach lately may be off or restored; its passcodes need no connection.
  const reached = push && standing !== "silent";
  if (reached) return passcode ? "push_and_passcode" : "push";
  if (passcode) return standing === "silent" ? "unanswered_passcode" : "passcode";
  return calls && call ? "call" : null;
}

function missingTo(lost: OwnDevice, left: OwnDevice[], own: WayBack[], calls: boolean): Missing[] {
  const missing: Missing[] = [];
  if (!own.some(({ how }) => how === "push_and_passcode" || how === "push" || how === "passcode")) {
    const stale = left.find(({ standing }) => standing === "needs_reactivating" || standing === "silent");
    if (stale !== undefined) missing.push({ do: "reactivate", device: stale });
    // Two of a kind are lost together more often: the pocket has one phone, the bag has one tablet.
    else missing.push({ do: "add", kind: lost.kind === "phone" ? "tablet" : "phone" });
  }
  if (calls && !left.some(({ call }) => call)) missing.push({ do: "add", kind: "landline" });
  return missing;
}
