/** Nothing moves away from under a finger: what can be pressed stays where it was first seen. */
import { afterAll, expect, test } from "vitest";
import { Site } from "./site";

const site = await Site.start();
afterAll(() => site.stop());

test("an account's buttons are there once they stay", async () => {
  const page = await site.open("account-loading");
  const places = await page.evaluate(async () => {
    const placeOf = (text: string) =>
      [...document.querySelectorAll("button")].find((button) => button.textContent?.includes(text))?.getBoundingClientRect().top;
    const seen: number[] = [];
    for (let waits = 0; waits < 200; waits += 1) {
      const place = placeOf("Remove from this phone");
      if (place !== undefined) seen.push(place);
      if (seen.length > 0 && placeOf("All activity") !== undefined) return [seen[0], placeOf("Remove from this phone")];
      await new Promise((done) => setTimeout(done, 25));
    }
    throw new Error("the activity never came");
  });
  expect(places[0]).toBe(places[1]);
  await page.close();
});
