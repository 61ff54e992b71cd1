/** The gallery's entry: `preview.html?scenario=home&lang=de&theme=dark&text=200&font=Inter`. Not part of the app. */
import { mount } from "svelte";
import "./styles/app.css";
import { SCENARIOS } from "./host/scenarios";
import { speak } from "./messages";
import { App } from "./state/app.svelte";
import { deviceClock } from "./state/clock.svelte";
import { LANGUAGES, THEMES } from "./state/preferences.svelte";
import AppView from "./views/App.svelte";

const wanted = new URLSearchParams(location.search);
const name = wanted.get("scenario") ?? "";
const make = SCENARIOS[name];

document.documentElement.lang = speak([wanted.get("lang") ?? "en"]).tag;
const text = wanted.get("text");
if (text !== null) document.documentElement.style.fontSize = `${text}%`;

// The drawings stand in one face for every system's own.
const font = wanted.get("font");
if (font !== null) document.documentElement.style.setProperty("--font", `"${font}", system-ui, sans-serif`);

if (make === undefined) {
  for (const each of Object.keys(SCENARIOS)) {
    const link = document.createElement("a");
    link.href = `?scenario=${each}`;
    link.textContent = each;
    const line = document.createElement("p");
    line.append(link);
    document.body.append(line);
  }
} else {
  const { host, then } = make();
  const kept = new Map<string, string>();
  const app = new App(host, deviceClock, {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
  });
  app.preferences.chooseTheme(THEMES.find((theme) => theme === wanted.get("theme")) ?? "light");
  app.preferences.chooseLanguage(LANGUAGES.find((language) => language === wanted.get("lang")) ?? "en");
  // What the app loads later is there when the picture is taken.
  await import("./views/later");
  mount(AppView, { target: document.body, props: { app } });
  await app.start();
  await then?.(app, host);
  document.body.dataset["ready"] = name;
}
