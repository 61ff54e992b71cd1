/** What a refusal of the self-service API means, in one sentence; and when a device was last used, in words. */
import type { PortalProblem } from "../host/portal-problem";
import type { ServiceDesk } from "../host/generated/self-service/ServiceDesk";
import { daysBetween } from "../state/days";
import { clockTime, dayName, m } from "./index";

export function portalLine({ code, number, until }: PortalProblem, desk: ServiceDesk | null = null): string {
  const time = until === null ? null : clockTime(until);
  switch (code) {
    case "wrong_code":
      return m.portalProblems.wrong_code(number);
    case "locked":
      return m.portalProblems.locked(time);
    case "too_many":
      return m.portalProblems.too_many(time);
    case "number_taken":
      return m.portalProblems.number_taken(desk?.extension ?? desk?.number ?? null);
    default:
      return m.portalProblems[code];
  }
}

/** “just now”, “today, 07:52”, “3 days ago”, or a date. */
export function whenUsed(at: number, now: number): string {
  if (Math.abs(now - at) < 120_000) return m.devices.justNow;
  const days = daysBetween(at, now);
  if (days <= 0) return m.devices.today(clockTime(at));
  if (days === 1) return m.devices.yesterday(clockTime(at));
  return days < 14 ? m.devices.daysAgo(days) : dayName(at, now);
}

/** Whom to call, in a sentence; where the site does not say, that somebody can be asked. */
export function deskCall(desk: ServiceDesk | null): string {
  if (desk === null || (desk.extension === null && desk.number === null)) return m.entering.foot.askDesk;
  return m.entering.foot.callLine(desk.extension, desk.number, desk.always);
}
