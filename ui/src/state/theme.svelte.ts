/** Light, dark, or as the system says; kept on this device. */

export type Theme = "system" | "light" | "dark";
export const THEMES: readonly Theme[] = ["system", "light", "dark"];

const KEY = "countersign.theme";

/** The part of the browser's storage that is used. */
export interface Store {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

export class ThemeChoice {
  #store: Store;
  chosen = $state<Theme>("system");

  constructor(store: Store) {
    this.#store = store;
    const kept = store.getItem(KEY);
    this.chosen = THEMES.find((theme) => theme === kept) ?? "system";
  }

  choose(theme: Theme): void {
    this.chosen = theme;
    this.#store.setItem(KEY, theme);
  }
}
