/** Digits that a person types, pastes or taps. */

/** The digits of `typed`, at most `most`; spaces and dashes between them are dropped. */
export function onlyDigits(typed: string, most: number): string {
  return typed.replace(/\D/g, "").slice(0, most);
}

/** `482913` as the groups that are shown; short ones, as Steam has them, stay whole. */
export function inGroups(code: string): string[] {
  if (code.length < 6) return [code];
  const size = code.length === 8 ? 4 : code.length > 6 ? Math.ceil(code.length / 2) : 3;
  const groups: string[] = [];
  for (let at = 0; at < code.length; at += size) groups.push(code.slice(at, at + size));
  return groups;
}

/** `482913` as a screen reader should say it: “4 8 2, 9 1 3”. */
export function spoken(code: string): string {
  return inGroups(code)
    .map((group) => group.split("").join(" "))
    .join(", ");
}

/** Seconds as `0:47`. */
export function minutes(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
