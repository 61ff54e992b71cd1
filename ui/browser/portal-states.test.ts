/** Every state of self-service on both hosts and in every look: laid out well, clean in axe-core's eyes, and in the gallery. */
import { afterAll, describe, expect, test } from "vitest";
import { axe, layout } from "./checks";
import { PORTAL_FOLDER, begin, picture, write } from "./gallery";
import type { LookName } from "./gallery";
import { DESK, NARROW, PHONE, Site, rest } from "./site";
import type { Look } from "./site";
import type { Page } from "puppeteer-core";

const site = await Site.start("portal");
const states = await site.states();
begin(PORTAL_FOLDER);

afterAll(async () => {
  write(states, PORTAL_FOLDER);
  await site.stop();
});

const take = async (page: Page, state: string, look: LookName) =>
  void (await page.screenshot({ path: picture(state, look, PORTAL_FOLDER), fullPage: true, optimizeForSpeed: true }));

describe.concurrent("every state", () => {
  test.for(states)("%s", async (state) => {
    const errors: string[] = [];
    const wrong: string[] = [];
    const look = async (name: string, work: () => Promise<string[]>) => wrong.push(...(await work()).map((line) => `${name}: ${line}`));
    const resize = async (size: typeof PHONE) => {
      await page.setViewport(size);
      await rest(page);
    };
    const show = async (size: typeof PHONE, how: Look) => {
      await page.setViewport(size);
      await site.show(page, state, how);
    };

    const page = await site.open(state, {}, errors);
    await take(page, state, "phone");
    await look("390 px", () => layout(page));
    await look("390 px", () => axe(page));
    await resize(NARROW);
    await look("320 px", () => layout(page));
    await resize(DESK);
    await take(page, state, "wide");
    await look("1280 px", () => layout(page));
    await look("1280 px", () => axe(page));

    await show(DESK, { theme: "dark" });
    await take(page, state, "wide-dark");
    await look("dark", () => axe(page, ["color-contrast"]));
    await show(PHONE, { text: 200 });
    await take(page, state, "large");
    await look("200 %", () => layout(page));
    await show(PHONE, { lang: "de" });
    await take(page, state, "german");
    await look("German", () => layout(page));
    await show(PHONE, { lang: "de", text: 200 });
    await look("German, 200 %", () => layout(page));

    // Operators have a page in the browser alone, and so have those who sign in to an application.
    if (!/^(desk|prompt)/.test(state)) {
      await show(PHONE, { host: "app" });
      await take(page, state, "in-app");
      await look("app", () => layout(page));
      await look("app", () => axe(page));
      await show(PHONE, { host: "app", theme: "dark" });
      await take(page, state, "in-app-dark");
      await look("app, dark", () => axe(page, ["color-contrast"]));
      await show(PHONE, { host: "app", lang: "de", text: 200 });
      await look("app, German, 200 %", () => layout(page));
    }
    await page.close();
    expect([...errors, ...new Set(wrong)]).toEqual([]);
  });
});
