/** The portal's script: the self-service screens in a browser. */
import "./styles/portal.css";
import { mount } from "svelte";
import { BrowserPortal } from "./host/portal-browser";
import { Tabs } from "./host/portal-tabs";
import { BrowserTrail } from "./host/portal-trail";
import { Ticker, deviceClock } from "./state/clock.svelte";
import { Preferences } from "./state/preferences.svelte";
import { SelfService } from "./state/selfservice.svelte";
import Portal from "./views/portal/Portal.svelte";

const tabs = new Tabs();
const self = new SelfService({
  portal: new BrowserPortal(undefined, tabs.tell),
  ticker: new Ticker(deviceClock),
  host: "browser",
  trail: new BrowserTrail(),
  kept: sessionStorage,
});
mount(Portal, { target: document.body, props: { self, preferences: new Preferences(localStorage) } });
tabs.onTold(() => void self.seen());
// The browser may keep the page as it is for the way back: nothing of anybody stands on it meanwhile.
addEventListener("pagehide", () => self.leave());
addEventListener("pageshow", () => void self.returned());
void self.start();
