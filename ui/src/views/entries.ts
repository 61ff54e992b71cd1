/** Lines about an entry of the activity. */
import type { ActivityKind } from "../host/generated/ActivityKind";
import type { ActivityView } from "../host/generated/ActivityView";
import { m } from "../messages";

const REQUESTS: ReadonlySet<ActivityKind> = new Set<ActivityKind>(["approved", "denied", "reported", "unanswered", "answered_elsewhere"]);

/** It was about a sign-in, so it says who, what, where and when. */
export const isRequest = (kind: ActivityKind): boolean => REQUESTS.has(kind);

const DEVICES: ReadonlySet<ActivityKind> = new Set<ActivityKind>([
  "device_added",
  "device_reactivated",
  "device_removed",
  "device_suspended",
  "change_reported",
]);

/** It was about another device of the person, which it names. */
export const isOfDevice = (kind: ActivityKind): boolean => DEVICES.has(kind);

/** “3 times”, or of an import or a restore “14 accounts”; nothing where there is nothing to count. */
export function howMany(entry: ActivityView): string {
  if (entry.kind === "imported" || entry.kind === "exported" || entry.kind === "came_back") return m.activity.accounts(entry.times);
  return entry.times > 1 ? m.activity.times(entry.times) : "";
}

/** What and where, then when: “Patient Records · Ward 4B · 14:32”. */
export function entryLine(entry: ActivityView, when: string): string {
  const what = isRequest(entry.kind)
    ? [entry.application || entry.title, entry.place || entry.address]
    : isOfDevice(entry.kind)
      ? [entry.application, entry.title]
      : [entry.title];
  return [...what, howMany(entry), when].filter((text) => text !== "").join("\u00a0· ");
}

/** “Denied · Webmail”: where there is room, what it was about stands in the title. */
export function entryTitle(entry: ActivityView): string {
  const kind = m.activity.kinds[entry.kind === "reported" ? "denied" : entry.kind];
  return (isRequest(entry.kind) || isOfDevice(entry.kind)) && entry.application !== "" ? `${kind} · ${entry.application}` : kind;
}

/** “Yesterday 23:10 · reported by you”, or where it came from. */
export function entryWhen(entry: ActivityView, when: string): string {
  const more = entry.kind === "reported" ? m.activity.byYou : isRequest(entry.kind) ? entry.place || entry.address : "";
  return more === "" ? when : `${when} · ${more}`;
}
