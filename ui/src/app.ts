/** The window's entry: installs the app's host and draws the screens. */
import { mount } from "svelte";
import "./styles/app.css";
import { TauriHost } from "./host/tauri";
import { App } from "./state/app.svelte";
import { deviceClock } from "./state/clock.svelte";
import AppView from "./views/App.svelte";

const app = new App(new TauriHost(), deviceClock, localStorage);
mount(AppView, { target: document.body, props: { app } });
void app.start();
