/** The browser's history as the way back through the portal: every place has an address, and Back and Forward move. */
import { GUIDES, ROOT } from "../state/place";
import type { Place, Trail } from "../state/place";

/** The part of the browser that is used. */
export interface Browser {
  history: Pick<History, "state" | "pushState" | "replaceState" | "go">;
  location: Pick<Location, "pathname" | "search">;
  addEventListener(type: "popstate", listener: (event: PopStateEvent) => void): void;
}

/** What stands in the browser's history beside the address: what was chosen on the way, and how far in it is. */
interface Entry {
  place: Place;
  depth: number;
}

export function addressOf(place: Place): string {
  switch (place.to) {
    case "devices":
    case "needs":
      return "/devices";
    case "options":
      return `/devices?${new URLSearchParams({ device: place.device })}`;
    case "rename":
    case "reactivate":
      return `/${place.to}?${new URLSearchParams({ device: place.device })}`;
    case "lose":
      return place.device === undefined ? "/lose" : `/lose?${new URLSearchParams({ device: place.device })}`;
    case "guide":
      return `/guide?${new URLSearchParams({ for: place.guide })}`;
    case "add":
    case "card":
    case "help":
    case "desk":
      return `/${place.to}`;
    case "desk-person":
      return `/desk?${new URLSearchParams({ person: place.person })}`;
    case "prove":
      return addressOf(place.below);
  }
}

/** The place that an address names; the devices where it names none. */
export function placeAt(pathname: string, search: string): Place {
  const wanted = new URLSearchParams(search);
  const device = wanted.get("device");
  switch (pathname) {
    case "/devices":
      return device === null ? ROOT : { to: "options", device };
    case "/rename":
      return device === null ? ROOT : { to: "rename", device };
    case "/reactivate":
      return device === null ? ROOT : { to: "reactivate", device, step: "platform" };
    case "/add":
      return { to: "add", step: "type" };
    case "/card":
      return { to: "card" };
    case "/help":
      return { to: "help" };
    case "/lose":
      return device === null ? { to: "lose" } : { to: "lose", device };
    case "/guide": {
      const guide = GUIDES.find((each) => each === wanted.get("for"));
      return guide === undefined ? ROOT : { to: "guide", guide };
    }
    case "/desk": {
      const person = wanted.get("person");
      return person === null ? { to: "desk" } : { to: "desk-person", person };
    }
    default:
      return ROOT;
  }
}

export class BrowserTrail implements Trail {
  readonly start: Place;
  #browser: Browser;
  #depth: number;
  #moved: (place: Place) => void = () => undefined;
  /** Movements that we asked for and that nobody is to be told of, each with what to do once there. */
  #quiet: (() => void)[] = [];
  #after: (() => void)[] = [];

  constructor(browser: Browser = window) {
    this.#browser = browser;
    const kept = entry(browser.history.state);
    const place = kept?.place ?? placeAt(browser.location.pathname, browser.location.search);
    this.start = place.to === "prove" ? place.below : place;
    this.#depth = kept?.depth ?? 0;
    this.replace(this.start);
    browser.addEventListener("popstate", (event) => this.#onPop(entry(event.state)));
  }

  get deep(): boolean {
    return this.#depth > 0;
  }

  push(place: Place): void {
    if (this.#later(() => this.push(place))) return;
    this.#depth += 1;
    this.#browser.history.pushState({ place, depth: this.#depth } satisfies Entry, "", addressOf(place));
  }

  replace(place: Place): void {
    if (this.#later(() => this.replace(place))) return;
    this.#browser.history.replaceState({ place, depth: this.#depth } satisfies Entry, "", addressOf(place));
  }

  back(): void {
    if (this.#depth > 0) this.#browser.history.go(-1);
    else {
      this.replace(ROOT);
      this.#moved(ROOT);
    }
  }

  drop(count: number): void {
    this.#goQuietly(Math.min(count, this.#depth), () => undefined);
  }

  home(): void {
    this.#goQuietly(this.#depth, () => this.replace(ROOT));
  }

  onMove(listener: (place: Place) => void): void {
    this.#moved = listener;
  }

  /** The browser moves when it likes; what is written before would stand at the wrong place. */
  #later(work: () => void): boolean {
    if (this.#quiet.length === 0) return false;
    this.#after.push(work);
    return true;
  }

  #goQuietly(count: number, there: () => void): void {
    if (count <= 0) {
      there();
      return;
    }
    this.#depth -= count;
    this.#quiet.push(there);
    this.#browser.history.go(-count);
  }

  #onPop(to: Entry | null): void {
    this.#depth = to?.depth ?? 0;
    const there = this.#quiet.shift();
    if (there !== undefined) {
      there();
      for (const work of this.#after.splice(0)) work();
    } else this.#moved(to?.place ?? placeAt(this.#browser.location.pathname, this.#browser.location.search));
  }
}

function entry(state: unknown): Entry | null {
  return typeof state === "object" && state !== null && "place" in state && "depth" in state ? (state as Entry) : null;
}
