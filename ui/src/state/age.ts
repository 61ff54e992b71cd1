/** How old a request is, although this device's clock may be wrong. */
import type { RequestView } from "../host/generated/RequestView";
import type { App } from "./app.svelte";

/** Seconds since the request was made, by the service's clock; never below zero. */
export function ageSeconds(app: App, request: RequestView): number {
  // Read so that the words follow the time; the wall clock itself is not state.
  void app.ticker.now;
  const fast = app.view?.at === "open" ? (app.view.clock?.seconds_fast ?? 0) : 0;
  return Math.max(0, (app.ticker.clock.wall() - Number(request.created_at_ms)) / 1000 - fast);
}
