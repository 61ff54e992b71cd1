/** The keys that work wherever a person is, for those who use no mouse. */
import type { App } from "../state/app.svelte";

const inField = (target: EventTarget | null) => target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;

export function press(app: App, event: KeyboardEvent): void {
  // An open sheet answers its own keys.
  if (event.defaultPrevented || document.querySelector("dialog[open]") !== null) return;
  const control = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
  const key = event.key.toLowerCase();
  if (key === "escape" ? app.back() : control && key === "n" ? add(app) : (control && key === "f") || isSlash(event) ? find(app) : false) {
    event.preventDefault();
  }
}

function isSlash(event: KeyboardEvent): boolean {
  return event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !inField(event.target);
}

function add(app: App): boolean {
  if (!app.takesCodes || app.route.to === "add") return false;
  app.add();
  return true;
}

function find(app: App): boolean {
  if (!app.takesCodes || app.route.to === "add" || app.route.to === "requests" || app.accounts.length === 0) return false;
  app.goHome();
  // A request that waited may have taken the window instead.
  if (app.route.to !== "home") return false;
  app.search.begin();
  return true;
}
