/** The portal's script: the self-service screens in a browser. */
import "./styles/portal.css";
import { mount } from "svelte";
import { BrowserPortal } from "./host/portal-browser";
import { BrowserTrail } from "./host/portal-trail";
import { Ticker, deviceClock } from "./state/clock.svelte";
import { Preferences } from "./state/preferences.svelte";
import { SelfService } from "./state/selfservice.svelte";
import Portal from "./views/portal/Portal.svelte";

const self = new SelfService({
  portal: new BrowserPortal(),
  ticker: new Ticker(deviceClock),
  host: "browser",
  trail: new BrowserTrail(),
  kept: sessionStorage,
});
mount(Portal, { target: document.body, props: { self, preferences: new Preferences(localStorage) } });
void self.start();
