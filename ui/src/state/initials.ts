/** Letters that stand for whoever or whatever has no picture. */

/** A person: the first letters of the first and the last name. */
export function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => word !== "");
  return letters(words.length > 1 ? [words[0], words.at(-1)] : words);
}

/** An organisation: the first letters of its first two words, as on its account in the app. */
export function emblem(organisation: string): string {
  const words = organisation.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");
  return letters(words.slice(0, 2));
}

function letters(words: (string | undefined)[]): string {
  return words.map((word) => [...(word ?? "")][0]?.toLocaleUpperCase() ?? "").join("");
}
