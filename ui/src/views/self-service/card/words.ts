/** What is said of a recovery card where there is no room for its page. */
import type { CardStanding } from "../../../host/generated/self-service/CardStanding";
import { fullDate, m } from "../../../messages";
import { cardEnds } from "../../../state/carding.svelte";

/** What is wrong with it, if anything is. */
export function cardWarning(card: CardStanding, now: number): string | null {
  switch (cardEnds(card, now)) {
    case "used_up":
      return m.card.usedUp;
    case "few":
      return m.card.few(card.codes_left);
    case "soon":
      return m.card.ends(fullDate(card.expires_at));
    case null:
      return null;
  }
}

export function cardLine(card: CardStanding | null, now: number): string {
  if (card === null) return m.card.what;
  const warning = cardWarning(card, now);
  return warning !== null ? `${warning}. ${m.card.inTime}` : m.card.leftUntil(card.codes_left, fullDate(card.expires_at));
}
