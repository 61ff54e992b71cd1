/** The recovery card on paper: it alone, on one page, black on white in every theme. */
import { afterAll, expect, test } from "vitest";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { PORTAL_FOLDER } from "./gallery";
import { DESK, Site } from "./site";

const site = await Site.start("portal");
afterAll(() => site.stop());

/** Whatever has ink of its own and stands on no card. */
const others = () =>
  [...document.body.querySelectorAll("*")]
    .filter((element) => element.closest(".paper") === null && element.checkVisibility({ visibilityProperty: true }))
    .filter((element) => {
      const { borderStyle, backgroundColor, boxShadow } = getComputedStyle(element);
      const text = [...element.childNodes].some(({ nodeType, textContent }) => nodeType === Node.TEXT_NODE && textContent?.trim() !== "");
      return text || element.tagName === "svg" || borderStyle !== "none" || boxShadow !== "none" || backgroundColor !== "rgba(0, 0, 0, 0)";
    })
    .map(({ outerHTML }) => outerHTML.slice(0, 100));

test.for(["light", "dark"] as const)("nothing else is printed in %s", async (theme) => {
  const page = await site.open("card-shown", { theme });
  await page.setViewport(DESK);
  expect((await page.evaluate(others)).length, "on the screen there is more").toBeGreaterThan(0);
  await page.emulateMediaType("print");
  expect(await page.evaluate(others)).toEqual([]);
  const card = await page.evaluate(() => {
    const paper = document.querySelector(".paper");
    const { color, backgroundColor } = getComputedStyle(paper ?? document.body);
    const { left, top, right } = (paper ?? document.body).getBoundingClientRect();
    return { text: (paper as HTMLElement).innerText, color, backgroundColor, at: [left, top], millimetres: ((right - left) / 96) * 25.4 };
  });
  expect(card).toMatchObject({ color: "rgb(0, 0, 0)", backgroundColor: "rgb(255, 255, 255)", at: [0, 0] });
  expect(card.millimetres).toBeLessThan(86);
  for (const part of ["Marlowe University Hospital", "Amara Lindqvist", "519 304 728", "473 920 681", "good until"])
    expect(card.text).toContain(part);
  mkdirSync(PORTAL_FOLDER, { recursive: true });
  if (theme === "light") await page.screenshot({ path: join(PORTAL_FOLDER, "card-shown.print.png") });
  for (const format of ["A4", "Letter"] as const) {
    const pdf = Buffer.from(await page.pdf({ format })).toString("latin1");
    expect(pdf.match(/\/Type\s*\/Page\b/g)).toHaveLength(1);
  }
  await page.close();
});

test("a page without a card is printed as it is", async () => {
  const page = await site.open("devices", {});
  await page.emulateMediaType("print");
  expect(await page.evaluate(() => document.body.innerText)).toContain("Device Options");
  await page.close();
});
