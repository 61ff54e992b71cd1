/** The window's script: installs the app's host and draws the screens. */
import "./styles/app.css";
import { mount } from "svelte";
import { told } from "./host/first";
import { TauriHost } from "./host/tauri";
import { App } from "./state/app.svelte";
import { deviceClock } from "./state/clock.svelte";
import AppView from "./views/App.svelte";

const app = new App(new TauriHost(), deviceClock, localStorage, told(document));
// Not all of the body: the isolation frame is in it
document.getElementById("starting")?.remove();
mount(AppView, { target: document.body, props: { app } });
void app.start();
