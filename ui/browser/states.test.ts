/** Every state in every look: laid out well, clean in axe-core's eyes, and in the gallery. */
import { afterAll, describe, expect, test } from "vitest";
import { axe, layout } from "./checks";
import { begin, picture, write } from "./gallery";
import type { LookName } from "./gallery";
import { NARROW, PHONE, Site, TABLET, rest } from "./site";
import type { Page } from "puppeteer-core";

const site = await Site.start();
const states = await site.states();
begin();

afterAll(async () => {
  write(states);
  await site.stop();
});

const wear = (page: Page, theme: "light" | "dark") =>
  page.evaluate((name: string) => document.documentElement.setAttribute("data-theme", name), theme);

const enlarge = (page: Page, percent: number) =>
  page.evaluate((size: string) => void (document.documentElement.style.fontSize = size), `${percent}%`);

describe.concurrent("every state", () => {
  test.for(states)("%s", async (state) => {
    const errors: string[] = [];
    const wrong: string[] = [];
    const look = async (name: string, work: () => Promise<string[]>) => wrong.push(...(await work()).map((line) => `${name}: ${line}`));
    const take = async (page: Page, name: LookName) => {
      const size = page.viewport() ?? PHONE;
      const height = await page.evaluate(() => document.documentElement.scrollHeight);
      // The whole of a long screen, but not of a list of ten thousand.
      const tall = height > size.height && height < 4_000 ? { ...size, height } : size;
      if (tall !== size) await page.setViewport(tall);
      await page.screenshot({ path: picture(state, name), optimizeForSpeed: true });
      if (tall !== size) await page.setViewport(size);
    };

    const page = await site.open(state, {}, errors);
    await take(page, "phone");
    await look("390 px", () => layout(page));
    await look("light", () => axe(page));
    await wear(page, "dark");
    await rest(page);
    await take(page, "dark");
    await look("dark", () => axe(page, ["color-contrast"]));
    await wear(page, "light");
    await enlarge(page, 200);
    await rest(page);
    await take(page, "large");
    await look("200 %", () => layout(page));
    await enlarge(page, 100);
    await page.setViewport(NARROW);
    await rest(page);
    await look("320 px", () => layout(page));
    await page.setViewport(TABLET);
    await rest(page);
    await take(page, "tablet");
    await look("1024 px", () => layout(page));
    await look("1024 px", () => axe(page));
    await wear(page, "dark");
    await rest(page);
    await take(page, "tablet-dark");

    await page.setViewport(PHONE);
    await site.show(page, state, { lang: "de" });
    await take(page, "german");
    await look("German", () => layout(page));
    await enlarge(page, 200);
    await rest(page);
    await look("German, 200 %", () => layout(page));
    await page.setViewport(TABLET);
    await rest(page);
    await look("German, 200 %, 1024 px", () => layout(page));
    await enlarge(page, 100);
    await rest(page);
    await look("German, 1024 px", () => layout(page));
    await page.close();
    expect([...errors, ...new Set(wrong)]).toEqual([]);
  });
});
