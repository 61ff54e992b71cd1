/** The gallery of self-service: `portal-preview.html?scenario=add-code&host=app&lang=de&theme=dark&text=200&font=Inter`. Not part of any host. */
import { mount } from "svelte";
import { PORTAL_SCENARIOS, PROMPT_SCENARIOS } from "./host/portal-scenarios";
import { speak } from "./messages";
import { Ticker, deviceClock } from "./state/clock.svelte";
import { MemoryTrail } from "./state/place";
import { LANGUAGES, Preferences } from "./state/preferences.svelte";
import { Prompting } from "./state/prompting.svelte";
import { SelfService } from "./state/selfservice.svelte";
import Portal from "./views/portal/Portal.svelte";
import Prompt from "./views/portal/Prompt.svelte";
import SelfServiceView from "./views/self-service/SelfService.svelte";

const wanted = new URLSearchParams(location.search);
const name = wanted.get("scenario") ?? "";
/** What is on the screen for a moment stays while it is looked at. */
const looked = (ms: number) => new Promise<void>((done) => setTimeout(done, ms * 100));
const make = PORTAL_SCENARIOS[name];
const makePrompt = PROMPT_SCENARIOS[name];
const host = wanted.get("host") === "app" ? "app" : "browser";

// Each host has rules that the other one must do without.
if (host === "app") await import("./styles/app.css");
else await import("./styles/portal.css");

document.documentElement.dataset["theme"] = wanted.get("theme") === "dark" ? "dark" : "light";
const text = wanted.get("text");
if (text !== null) document.documentElement.style.fontSize = `${text}%`;
const font = wanted.get("font");
if (font !== null) document.documentElement.style.setProperty("--font", `"${font}", system-ui, sans-serif`);

const kept = new Map<string, string>();
const preferences = new Preferences({ getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value) });
preferences.chooseLanguage(LANGUAGES.find((language) => language === wanted.get("lang")) ?? "en");
const ticker = new Ticker(deviceClock);

if (make !== undefined) {
  const { portal, start, then } = make();
  speakUp();
  const self = new SelfService({
    portal,
    ticker,
    host,
    trail: new MemoryTrail(start),
    pause: looked,
    print: host === "browser" ? () => undefined : null,
  });
  if (host === "browser") mount(Portal, { target: document.body, props: { self, preferences } });
  else mount(SelfServiceView, { target: document.body, props: { self } });
  if (portal.silent) void self.start();
  else await self.start();
  await then?.(self, portal);
  document.body.dataset["ready"] = name;
} else if (makePrompt !== undefined) {
  const { prompt, then } = makePrompt();
  speakUp();
  const self = new Prompting({ prompt, ticker, pause: looked });
  mount(Prompt, { target: document.body, props: { self, preferences } });
  await self.start();
  await then(self, prompt);
  document.body.dataset["ready"] = name;
} else {
  for (const each of [...Object.keys(PORTAL_SCENARIOS), ...Object.keys(PROMPT_SCENARIOS)]) {
    const link = document.createElement("a");
    link.href = `?scenario=${each}`;
    link.textContent = each;
    const line = document.createElement("p");
    line.append(link);
    document.body.append(line);
  }
}

function speakUp(): void {
  document.documentElement.lang = speak([wanted.get("lang") ?? "en"]).tag;
}
