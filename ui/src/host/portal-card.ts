/** Recovery cards made up, for tests of the state and for looking at the screens. */
import type { CardStanding } from "./generated/self-service/CardStanding";
import type { CardView } from "./generated/self-service/CardView";

const DAY = 24 * 60 * 60_000;

export const cardStanding = (changes: Partial<CardStanding> = {}): CardStanding => ({
  made_at: Date.now() - 40 * DAY,
  expires_at: Date.now() + 325 * DAY,
  codes_left: 7,
  ...changes,
});

export const cardView = (): CardView => ({
  codes: ["519304728", "042117936", "886250143", "330918275", "704461829", "195837042", "628004517", "473920681"],
  made_at: Date.now(),
  expires_at: Date.now() + 365 * DAY,
});
