/** The gallery's pages in a browser: served from the build, opened by the name of a state. */
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { launch } from "puppeteer-core";
import type { Browser, Page } from "puppeteer-core";

/** The app's states, and those of self-service. */
const ROOTS = {
  app: join(import.meta.dirname, "../node_modules/.preview"),
  portal: join(import.meta.dirname, "../node_modules/.portal-preview"),
};
const TYPES: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };
/** What the app's own window allows, so that a style or script that it would refuse fails here too. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'";
/** Where Debian and Ubuntu put it; `CHROMIUM` names another. The shell draws the same pages in two thirds of the time: no window of
 * a whole browser around each. */
const BROWSERS = [
  process.env["CHROMIUM"] ?? "",
  "/usr/bin/chromium-headless-shell",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

export const PHONE = { width: 390, height: 844 };
export const NARROW = { width: 320, height: 640 };
export const DESK = { width: 1280, height: 900 };
export const TABLET = { width: 1024, height: 768 };

export interface Look {
  lang?: "en" | "de";
  theme?: "light" | "dark";
  /** Size of text in percent. */
  text?: number;
  /** Which host's screens of self-service. */
  host?: "browser" | "app";
  size?: { width: number; height: number };
}

export class Site {
  #browser: Browser;
  #address: string;
  #stop: () => void;

  private constructor(browser: Browser, address: string, stop: () => void) {
    this.#browser = browser;
    this.#address = address;
    this.#stop = stop;
  }

  static async start(of: keyof typeof ROOTS = "app"): Promise<Site> {
    const root = ROOTS[of];
    const server = createServer((request, response) => {
      const path = normalize(new URL(request.url ?? "/", "http://site").pathname);
      const file = join(root, path === "/" ? "index.html" : path);
      if (!file.startsWith(root) || !existsSync(file)) {
        response.writeHead(404).end();
        return;
      }
      response
        .writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream", "content-security-policy": POLICY })
        .end(readFileSync(file));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const executablePath = BROWSERS.find((path) => path !== "" && existsSync(path));
    if (executablePath === undefined) throw new Error("no Chromium is installed: apt-get install chromium");
    // The pages are our own, and a container has no user namespaces for the browser's sandbox.
    const browser = await launch({
      executablePath,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--force-color-profile=srgb",
        "--hide-scrollbars",
        "--lang=en",
        "--disable-renderer-backgrounding",
        "--disable-backgrounding-occluded-windows",
      ],
    });
    return new Site(browser, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, () => server.close());
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    this.#stop();
  }

  /** The names of every state there is. */
  async states(): Promise<string[]> {
    const page = await this.#browser.newPage();
    await page.goto(this.#address);
    await page.waitForSelector("a");
    const names = await page.$$eval("a", (links) => links.map((link) => link.textContent));
    await page.close();
    return names;
  }

  /** A page of its own that shows the state. What goes wrong inside is added to `errors`. */
  async open(state: string, look: Look = {}, errors: string[] = []): Promise<Page> {
    // A window of its own: in a tab behind another one nothing would be painted.
    const context = await this.#browser.createBrowserContext();
    const page = await context.newPage();
    page.once("close", () => void context.close().catch(() => undefined));
    const session = await page.createCDPSession();
    await session.send("Emulation.setFocusEmulationEnabled", { enabled: true });
    page.on("pageerror", (error) => errors.push(`error: ${error instanceof Error ? error.message : String(error)}`));
    page.on("console", (message) => {
      if (message.type() === "error" && !message.text().includes("404")) errors.push(`console: ${message.text()}`);
    });
    await page.setViewport(look.size ?? PHONE);
    await this.show(page, state, look);
    return page;
  }

  /** Another state, or another look, in the same page. */
  async show(page: Page, state: string, { lang = "en", theme = "light", text = 100, host = "browser" }: Look = {}): Promise<void> {
    const wanted = new URLSearchParams({ scenario: state, lang, theme, text: String(text), host, font: "Inter" });
    await page.goto(`${this.#address}?${wanted}`);
    await page.waitForFunction("document.body.dataset.ready", { timeout: 30_000 });
    await rest(page);
  }
}

/** Waits until every short movement is over and was painted; the waiting mark walks on for ten seconds. */
export async function rest(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await document.fonts.ready;
    const short = document.getAnimations().filter((one) => Number(one.effect?.getComputedTiming().endTime ?? 0) < 2000);
    await Promise.allSettled(short.map((one) => one.finished));
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  });
}

/** What the last screen or sheet on the page is called. */
export const screen = (page: Page): Promise<string> =>
  page.$$eval("[data-screen]", (all) => (all.at(-1) as HTMLElement | undefined)?.dataset["screen"] ?? "");
