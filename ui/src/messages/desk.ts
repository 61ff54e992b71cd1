/** What happened to somebody, in an operator's words; what has none stands as the audit log names it. */
import type { DeskEvent } from "../host/generated/self-service/DeskEvent";
import type { DeskUser } from "../host/generated/self-service/DeskUser";
import { daysBetween } from "../state/days";
import { clockTime, dayName, m } from "./index";

/** What, and how it ended where that is not simply that it was done. */
export function eventWords({ action, result }: DeskEvent): string {
  const what = m.desk.words[action] ?? action;
  return result === "done" ? what : `${what}: ${m.desk.results[result] ?? result}`;
}

/** “14:32” of today, else “Yesterday, 14:32”. */
export function dayAndTime(at: number, now: number): string {
  return daysBetween(at, now) <= 0 ? clockTime(at) : `${dayName(at, now)}, ${clockTime(at)}`;
}

/** When, and from where. */
export function eventFacts({ at, source }: DeskEvent, now: number): string {
  const when = dayAndTime(at, now);
  return source === "" ? when : `${when}, ${m.desk.from(source)}`;
}

/** The account, and what keeps the person from signing in. */
export function personFacts({ account, disabled, locked }: DeskUser): string {
  return [account, ...(disabled ? [m.desk.disabled] : []), ...(locked ? [m.desk.locked] : [])].join(", ");
}

/** `519304728` as it is read out. */
export function codeGroups(code: string): string[] {
  return code.replace(/\s/g, "").match(/.{1,3}/gu) ?? [];
}
