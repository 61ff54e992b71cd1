/** The places in an open app. */
import type { Problem } from "../host/generated/Problem";
import type { Door } from "../host/host";
import type { Adding } from "./adding.svelte";
import type { Answering } from "./answering.svelte";
import type { Changing } from "./changing.svelte";
import type { Exporting } from "./exporting.svelte";
import type { Moving } from "./moving.svelte";
import type { Noticing } from "./noticing.svelte";
import type { Ordering } from "./ordering.svelte";
import type { Rehearsing } from "./rehearsing.svelte";
import type { TurningOn } from "./turningon.svelte";

export type Route =
  | { to: "home" }
  | { to: "activity" }
  | { to: "entry"; id: string }
  | { to: "settings" }
  | { to: "lock-after" }
  | { to: "check-up" }
  | { to: "backup" }
  | { to: "backup-passphrase"; turning: TurningOn }
  | { to: "rehearse"; rehearsing: Rehearsing }
  | { to: "export"; exporting: Exporting }
  | { to: "move"; moving: Moving }
  | { to: "theme" }
  | { to: "language" }
  | { to: "help" }
  | { to: "removed" }
  /** What imports could not take, and one of it. */
  | { to: "unimported" }
  | { to: "unimported-entry"; id: string }
  | { to: "order"; ordering: Ordering }
  | { to: "change-secret"; changing: Changing }
  | { to: "account"; id: string }
  | { to: "rename"; id: string; name: string; problem: Problem | null }
  | { to: "add"; adding: Adding }
  | { to: "requests" }
  /** My Settings & Devices behind a door; `null` = it is still to be chosen or found. */
  | { to: "devices"; door: Door | null }
  | { to: "notice"; noticing: Noticing }
  | { to: "answer"; answering: Answering; from: "home" | "requests" };

/** Places that the tabs lead to: nothing lies behind them but the list of accounts. */
export const ROOTS: ReadonlySet<Route["to"]> = new Set<Route["to"]>(["home", "activity", "devices"]);

/** Nothing is being typed, dragged or answered, so a new request may take the window. */
export function isIdle(route: Route): boolean {
  switch (route.to) {
    case "rename":
    case "order":
    case "change-secret":
    case "backup-passphrase":
    case "rehearse":
    case "export":
    case "move":
    case "answer":
      return false;
    case "notice":
      return route.noticing.sending === null;
    case "add":
      return route.adding.step.at === "added";
    default:
      return true;
  }
}
