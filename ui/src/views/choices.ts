/** The names of what can be chosen for the window itself. */
import type { IconName } from "../components/icons";
import { CATALOGUES, m } from "../messages";
import type { Language, Theme } from "../state/preferences.svelte";

export interface ChoiceWords {
  title: string;
  body: string | null;
  icon: IconName;
}

export function themeWords(theme: Theme): ChoiceWords {
  switch (theme) {
    case "system":
      return { title: m.options.themeSystem, body: m.options.themeSystemBody, icon: "phone" };
    case "light":
      return { title: m.options.themeLight, body: m.options.themeLightBody, icon: "window" };
    case "dark":
      return { title: m.options.themeDark, body: m.options.themeDarkBody, icon: "contrast" };
  }
}

/** A language by the name that its speakers give it. */
export function languageName(language: Language): string {
  return CATALOGUES.find((catalogue) => catalogue.tag === language)?.name ?? m.options.languageSystem;
}
