/** Follows something that the service holds calls for, until it is over; and what a call waits for. */
import { asPortalProblem, isUnreachable } from "../host/portal-problem";

/** Time between two calls that were answered without news, and before another try where none was. */
const AGAIN_MS = 300;
const RETRY_MS = 2_000;

/** The person did not prove it after all, so nothing was done. */
export class Cancelled extends Error {}

/** Waits; tests bring one that does not. */
export type Pause = (ms: number) => Promise<void>;
export const pause: Pause = (ms) => new Promise((done) => setTimeout(done, ms));

export interface Watched<T> {
  ask: (after: number, signal: AbortSignal) => Promise<T>;
  over: (view: T) => boolean;
  news: (view: T) => void;
  signal: AbortSignal;
  pause: Pause;
}

/** Resolves when it is over or the signal was aborted; rejects with the `PortalProblem` of a refusal. */
export async function watch<T extends { revision: number }>(first: T, { ask, over, news, signal, pause: wait }: Watched<T>): Promise<void> {
  let known = first;
  while (!over(known) && !signal.aborted) {
    try {
      const next = await ask(known.revision, signal);
      if (signal.aborted) return;
      if (next.revision === known.revision) await wait(AGAIN_MS);
      else news((known = next));
    } catch (thrown) {
      if (signal.aborted) return;
      const problem = asPortalProblem(thrown);
      if (!isUnreachable(problem)) throw problem;
      await wait(RETRY_MS);
    }
  }
}
