/** What is said of a device in its row. */
import type { IconName } from "../../../components/icons";
import type { First } from "../../../host/generated/self-service/First";
import type { OwnDevice } from "../../../host/generated/self-service/OwnDevice";
import { m } from "../../../messages";
import { whenUsed } from "../../../messages/portal";

export function iconOf({ kind }: OwnDevice): IconName {
  return kind === "phone" ? "phone" : kind;
}

/** What may happen first at a sign-in with it: what it can do, and what was chosen while it still could. */
export function firstChoices(device: OwnDevice): First[] {
  const can: Record<First, boolean> = { push: device.push, call: device.call, ask: true };
  const chosen = device.default ? device.first : null;
  return (["push", "call", "ask"] as const).filter((first) => can[first] || first === chosen);
}

/** In the app: “This phone · +44 ••••• ••0471”, and of the others what the portal says of all. */
export function appFactsOf(device: OwnDevice, thisDevice: string | null, now: number): string {
  if (device.id !== thisDevice) return factsOf(device, now);
  return device.number === null ? m.devices.thisPhone : `${m.devices.thisPhone} · ${device.number}`;
}

/** “Mobile, +44 ••••• ••0471. Last used 3 days ago” */
export function factsOf(device: OwnDevice, now: number): string {
  const words = m.devices;
  const what = device.number === null ? words.kinds[device.kind] : `${words.kinds[device.kind]}, ${device.number}`;
  if (device.standing === "calls_only") return `${what}. ${words.callsOnly}`;
  const when = device.last_used_at === null ? words.neverUsed : words.lastUsed(whenUsed(device.last_used_at, now));
  return `${what}. ${when}`;
}
