/** What the window needs before anything is unlocked: its colours and its language, kept on this device. */

export type Theme = "system" | "light" | "dark";
export const THEMES: readonly Theme[] = ["system", "light", "dark"];

export type Language = "system" | "en" | "de";
export const LANGUAGES: readonly Language[] = ["system", "en", "de"];

const THEME = "countersign.theme";
const LANGUAGE = "countersign.language";

/** The part of the browser's storage that is used. */
export interface Store {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

export class Preferences {
  #store: Store;
  theme = $state<Theme>("system");
  language = $state<Language>("system");

  constructor(store: Store) {
    this.#store = store;
    this.theme = kept(store, THEME, THEMES);
    this.language = kept(store, LANGUAGE, LANGUAGES);
  }

  chooseTheme(theme: Theme): void {
    this.theme = theme;
    this.#store.setItem(THEME, theme);
  }

  chooseLanguage(language: Language): void {
    this.language = language;
    this.#store.setItem(LANGUAGE, language);
  }
}

function kept<T extends string>(store: Store, key: string, known: readonly T[]): T {
  const value = store.getItem(key);
  return known.find((each) => each === value) ?? (known[0] as T);
}
