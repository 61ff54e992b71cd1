/** The portal's script: the self-service screens in a browser, and the sign-in prompt of applications. */
import "./styles/portal.css";
import { mount } from "svelte";
import { BrowserPortal } from "./host/portal-browser";
import { Tabs } from "./host/portal-tabs";
import { BrowserTrail } from "./host/portal-trail";
import { BrowserPrompt, isPrompt, promptAt } from "./host/prompt-browser";
import { Ticker, deviceClock } from "./state/clock.svelte";
import { Preferences } from "./state/preferences.svelte";
import { Prompting } from "./state/prompting.svelte";
import { SelfService } from "./state/selfservice.svelte";
import Portal from "./views/portal/Portal.svelte";
import Prompt from "./views/portal/Prompt.svelte";

const preferences = new Preferences(localStorage);
const ticker = new Ticker(deviceClock);

if (isPrompt(location.pathname)) {
  const id = promptAt(location);
  const self = new Prompting({ prompt: id === null ? null : new BrowserPrompt(id), ticker });
  mount(Prompt, { target: document.body, props: { self, preferences } });
  void self.start();
} else {
  const tabs = new Tabs();
  const self = new SelfService({
    portal: new BrowserPortal(undefined, tabs.tell),
    ticker,
    host: "browser",
    trail: new BrowserTrail(),
    kept: sessionStorage,
    print: () => window.print(),
  });
  mount(Portal, { target: document.body, props: { self, preferences } });
  tabs.onTold(() => void self.seen());
  // The browser may keep the page as it is for the way back: nothing of anybody stands on it meanwhile.
  addEventListener("pagehide", () => self.leave());
  addEventListener("pageshow", () => void self.returned());
  void self.start();
}
