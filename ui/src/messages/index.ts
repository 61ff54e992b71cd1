/** The catalogue in the person's language. */
import { daysBetween } from "../state/days";
import { de } from "./de";
import { en } from "./en";
import type { Messages } from "./en";

export type { Messages };

/** The sentences now spoken. Set once, before the first screen is drawn. */
export let m: Messages = en;

export const CATALOGUES: readonly Messages[] = [en, de];

/** Picks the first of the person's languages that we speak; English when none is. */
export function speak(languages: readonly string[]): Messages {
  const wanted = languages.map((language) => language.toLowerCase().split("-")[0]);
  for (const language of wanted) {
    const found = CATALOGUES.find((catalogue) => catalogue.tag === language);
    if (found !== undefined) return (m = found);
  }
  return (m = en);
}

const locale = () => (m.tag === "en" ? "en-GB" : m.tag);

/** The time of day as people here write it. */
export function clockTime(unixMillis: number): string {
  return new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit" }).format(unixMillis);
}

/** The day as people here write it: “Today”, “Yesterday”, or a date, with its year only where that is another one. */
export function dayName(unixMillis: number, now: number): string {
  const ago = daysBetween(unixMillis, now);
  if (ago === 0) return m.activity.today;
  if (ago === 1) return m.activity.yesterday;
  const year = new Date(unixMillis).getFullYear() === new Date(now).getFullYear() ? {} : { year: "numeric" as const };
  return new Intl.DateTimeFormat(locale(), { day: "numeric", month: "long", ...year }).format(unixMillis);
}

/** A day that is far off, with its year. */
export function fullDate(unixMillis: number): string {
  return new Intl.DateTimeFormat(locale(), { day: "numeric", month: "long", year: "numeric" }).format(unixMillis);
}

/** With a small letter, for the middle of a line, in languages whose nouns allow that. */
export function inLine(day: string): string {
  return day.charAt(0).toLocaleLowerCase(m.tag) + day.slice(1);
}

/** How long ago, in words. */
export function ago(seconds: number): string {
  if (seconds < 10) return m.request.justNow;
  if (seconds < 60) return m.request.secondsAgo(Math.floor(seconds));
  return m.request.minutesAgo(Math.floor(seconds / 60));
}

/** With a capital letter, for the beginning of a line. */
export function sentence(text: string): string {
  return text.charAt(0).toLocaleUpperCase(m.tag) + text.slice(1);
}
