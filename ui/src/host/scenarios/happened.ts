/** A day and a half of work, as the activity lists it. */
import { activityView } from "../fake";
import type { ActivityKind } from "../generated/ActivityKind";
import type { ActivityView } from "../generated/ActivityView";

/** Unix milliseconds of a time of day, so many days ago. */
function at(days: number, hours: number, minutes: number): string {
  const day = new Date();
  day.setDate(day.getDate() - days);
  day.setHours(hours, minutes, 0, 0);
  return String(day.getTime());
}

const other = (id: string, at_ms: string, kind: ActivityKind, changes: Partial<ActivityView> = {}): ActivityView =>
  activityView({ id, at_ms, kind, application: "", place: "", address: "", ...changes });

export const happened = (): ActivityView[] => [
  activityView({ id: "n1", at_ms: at(0, 0, 5) }),
  other("n2", at(0, 0, 4), "reactivated"),
  activityView({ id: "n3", at_ms: at(0, 0, 2), application: "Rota planner" }),
  activityView({
    id: "n4",
    at_ms: at(1, 23, 10),
    kind: "reported",
    application: "Webmail",
    place: "Rotterdam, Netherlands",
    address: "203.0.113.80",
  }),
  activityView({ id: "n5", at_ms: at(1, 19, 4), kind: "unanswered", place: "Ward 2A workstation" }),
  other("n6", at(1, 18, 47), "passcode_copied", { account_id: "a3", title: "Pharmacy cabinet 3", account: "lindqvist.a" }),
  activityView({ id: "n7", at_ms: at(3, 11, 30), kind: "denied", application: "Webmail", place: "" }),
  activityView({ id: "n8", at_ms: at(3, 11, 2), kind: "answered_elsewhere" }),
  other("n17", at(3, 10, 41), "change_reported", { application: "Galaxy S23" }),
  other("n16", at(3, 10, 40), "device_added", { application: "Galaxy S23" }),
  other("n19", at(9, 9, 12), "device_removed", { application: "iPhone 15" }),
  other("n24", at(9, 9, 5), "card_used"),
  other("n20", at(9, 9, 4), "passcode_used"),
  other("n21", at(9, 9, 3), "passcode_given"),
  other("n18", at(9, 9, 2), "device_reactivated", { application: "Ward tablet" }),
  other("n9", at(9, 8, 15), "added", { account_id: "a4", title: "Personal mail", account: "amara.lindqvist@example.org" }),
  other("n10", at(9, 8, 16), "renamed", { account_id: "a4", title: "Personal mail", account: "amara.lindqvist@example.org" }),
  other("n11", at(12, 7, 0), "removed", { account_id: null, title: "Gym", account: "" }),
  other("n12", at(12, 7, 1), "restored", { account_id: null, title: "Gym", account: "" }),
  other("n13", at(40, 7, 1), "secret_changed", { account_id: null, title: "", account: "" }),
  other("n14", at(41, 22, 33), "unlock_refused", { times: 3, account_id: null, title: "", account: "" }),
  other("n22", at(50, 8, 2), "came_back", { times: 2, account_id: null, title: "", account: "" }),
  other("n23", at(50, 8, 0), "backup_on", { account_id: null, title: "", account: "" }),
  other("n15", at(60, 9, 0), "activated"),
];
