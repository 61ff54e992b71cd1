/** Where it is kept how far somebody is, for when a page is loaded again or the app was locked. */
export type Kept = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** A place to keep things that lasts as long as the page does. */
export function inMemory(): Kept {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}
