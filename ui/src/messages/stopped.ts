/** Why an account stopped working on this phone, and what its one button says. */
import type { AccountView } from "../host/generated/AccountView";
import type { StoppedView } from "../host/generated/StoppedView";
import { clockTime, dayName, inLine, m } from "./index";
import type { Words } from "./problems";

/** An account without keys here was restored; of others the service says what happened. `now` is Unix milliseconds. */
export function stoppedWords(stopped: StoppedView | null, now: number): Words {
  if (stopped === null) return { title: m.home.reactivateTitle, body: m.home.reactivateBody };
  const words = m.stopped;
  const at = Number(stopped.at_ms);
  const when = stopped.at_ms === null ? "" : words.when(inLine(dayName(at, now)), clockTime(at));
  switch (stopped.cause) {
    case "replaced":
      return { title: words.replacedTitle, body: words.replacedBody(stopped.device ?? "", when) };
    case "removed":
      return { title: words.removedTitle, body: words.removedBody(when) };
    case "moved":
      return { title: words.movedTitle, body: words.movedBody(when) };
    case "disabled":
      return { title: words.disabledTitle, body: words.disabledBody };
    case "copied":
      return { title: words.copiedTitle, body: words.copiedBody(when) };
    case "desk":
      return { title: words.deskTitle, body: words.deskBody(when) };
    case "not_me":
      return { title: words.notMeTitle, body: words.notMeBody(when) };
    case "suspended":
      return { title: words.suspendedTitle, body: words.suspendedBody(when) };
    case "refused":
      return { title: words.refusedTitle, body: words.refusedBody };
  }
}

/** Whether it stopped as the person meant it to: then nothing is the matter. */
export const wasMeant = (stopped: StoppedView | null): boolean => stopped?.cause === "moved";

/** What leads on; nothing on this phone does where the organisation turned the sign-in off, or another phone took over. */
export function wayOn({ stopped }: AccountView): string | null {
  switch (stopped?.cause) {
    case "disabled":
    case "moved":
      return null;
    case "replaced":
      return m.stopped.reactivateHere;
    case "removed":
      return m.stopped.addAgain;
    default:
      return m.home.reactivate;
  }
}
