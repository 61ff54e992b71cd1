/** The window's script: installs the app's host and draws the screens. */
import { mount } from "svelte";
import { TauriHost } from "./host/tauri";
import { App } from "./state/app.svelte";
import { deviceClock } from "./state/clock.svelte";
import AppView from "./views/App.svelte";

const app = new App(new TauriHost(), deviceClock, localStorage);
// Not all of the body: the isolation frame is in it
document.getElementById("starting")?.remove();
mount(AppView, { target: document.body, props: { app } });
void app.start();
