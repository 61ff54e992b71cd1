/** Adding a device, the guides, the help desk and the sign-in prompt with the keyboard alone. */
import { afterAll, describe, expect, test } from "vitest";
import type { Page } from "puppeteer-core";
import { DESK, Site } from "./site";

const site = await Site.start("portal");
afterAll(() => site.stop());

async function at(state: string, work: (page: Page) => Promise<void>): Promise<void> {
  const page = await site.open(state, { size: DESK });
  await work(page);
  await page.close();
}

const focused = (page: Page) =>
  page.evaluate(() => {
    const node = document.activeElement;
    return (node?.getAttribute("aria-label") ?? node?.textContent ?? "").replace(/\s+/g, " ").trim();
  });

async function shows(page: Page, name: string): Promise<void> {
  await page.waitForFunction(
    (wanted: string) => ([...document.querySelectorAll<HTMLElement>("[data-screen]")].at(-1)?.dataset["screen"] ?? "") === wanted,
    { timeout: 10_000 },
    name,
  );
}

/** Goes on with Tab until what has focus is called so. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let stop = 0; stop < 30; stop += 1) {
    if (name.test(await focused(page))) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`${name.source} is not reached`);
}

describe.concurrent("adding a device", () => {
  test("arrows choose what it is, digits send themselves, and every page is left by its button", () =>
    at("add-type", async (page) => {
      await tabTo(page, /^Mobile phone/);
      await page.keyboard.press("ArrowDown");
      expect(await focused(page)).toMatch(/^Tablet/);
      await page.keyboard.press("ArrowUp");
      await tabTo(page, /^Continue$/);
      await page.keyboard.press("Enter");
      await shows(page, "add-number");
      await page.keyboard.type("07700 900386");
      await page.keyboard.press("Enter");
      await shows(page, "add-confirm");
      await page.keyboard.type("390771");
      await shows(page, "add-platform");
      // Nothing is chosen yet, and the first is reached all the same.
      await tabTo(page, /^iPhone/);
      await page.keyboard.press("ArrowDown");
      expect(await focused(page)).toMatch(/^Android/);
      await tabTo(page, /^Continue$/);
      await page.keyboard.press("Enter");
      await shows(page, "add-install");
      await tabTo(page, /^I have Countersign installed$/);
      await page.keyboard.press("Enter");
      await shows(page, "add-code");
      expect(await page.$eval(".qr img", (image) => (image as HTMLImageElement).naturalWidth)).toBeGreaterThan(0);
    }));

  test("what cannot be had is passed over by the arrows", () =>
    at("add-type-no-calls", async (page) => {
      await tabTo(page, /^Mobile phone/);
      await page.keyboard.press("ArrowUp");
      expect(await focused(page)).toMatch(/^Tablet/);
    }));
});

describe.concurrent("if a phone were lost", () => {
  test("the page says its heading, what is missing is one press away, and Back leads the same way", () =>
    at("devices-desk-only", async (page) => {
      await tabTo(page, /^What you can do$/);
      await page.keyboard.press("Enter");
      await shows(page, "lose");
      expect(await focused(page)).toBe("If you lose your phone today");
      await tabTo(page, /^Add a tablet$/);
      await page.keyboard.press("Enter");
      await shows(page, "add-platform");
      await tabTo(page, /^Back$/);
      await page.keyboard.press("Enter");
      await shows(page, "lose");
      await tabTo(page, /^Back$/);
      await page.keyboard.press("Enter");
      await shows(page, "devices");
    }));

  test("arrows ask about another device, and its answer is said", () =>
    at("lose-safe", async (page) => {
      await tabTo(page, /^Amara’s phone/);
      await page.keyboard.press("ArrowDown");
      expect(await focused(page)).toMatch(/^Amara’s tablet/);
      expect(await page.$eval("[role=status].lede", (line) => line.textContent)).toBe("You can still sign in with Amara’s phone.");
    }));
});

test("the guide asks before the old phone goes, and Escape keeps it", () =>
  at("guide-new-remove", async (page) => {
    await tabTo(page, /^Remove old phone$/);
    await page.keyboard.press("Enter");
    await shows(page, "guide-remove");
    expect(await focused(page)).toBe("Keep it");
    await page.keyboard.press("Escape");
    await shows(page, "guide-new");
    expect(await focused(page)).toBe("Remove old phone");
  }));

describe.concurrent("a recognised computer", () => {
  test("signs nobody in by itself: the heading has focus, and the button is pressed", () =>
    at("recognised", async (page) => {
      expect(await focused(page)).toBe("My Settings & Devices");
      await tabTo(page, /^Continue as Amara$/);
      await page.keyboard.press("Enter");
      await shows(page, "prove");
    }));

  test("somebody else types their name at once", () =>
    at("recognised", async (page) => {
      await tabTo(page, /^I’m someone else$/);
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => document.activeElement?.id === "username", { timeout: 10_000 });
    }));
});

describe.concurrent("the sign-in prompt", () => {
  test("reads the number first, and every way is reached and left", () =>
    at("prompt", async (page) => {
      expect(await focused(page)).toBe("Type this number on Amara’s phone");
      await tabTo(page, /^Another way$/);
      await page.keyboard.press("Enter");
      await shows(page, "prove");
      await tabTo(page, /^Passcode/);
      await page.keyboard.press("Enter");
      await shows(page, "passcode");
      await page.keyboard.type("482913");
      await page.waitForFunction(() => document.body.innerText.includes("Confirmed"), { timeout: 10_000 });
    }));

  test("a request that ran out is sent again, and the portal is a link", () =>
    at("prompt-expired", async (page) => {
      await tabTo(page, /^My phone was restored or replaced/);
      expect(await page.evaluate(() => document.activeElement?.getAttribute("href"))).toBe("/guide?for=restored");
      await page.keyboard.press("Tab");
      await tabTo(page, /^Send a new request$/);
      await page.keyboard.press("Enter");
      await shows(page, "push");
    }));
});

describe.concurrent("the help desk", () => {
  test("finds a person, asks why, and shows the code until it was read out", () =>
    at("desk", async (page) => {
      await page.keyboard.type("a.");
      await page.keyboard.press("Enter");
      await tabTo(page, /^Amara Lindqvist/);
      await page.keyboard.press("Enter");
      await shows(page, "desk-person");
      await tabTo(page, /^Give a passcode$/);
      await page.keyboard.press("Enter");
      await shows(page, "desk-bypass");
      await page.keyboard.type("abc");
      await page.keyboard.press("Enter");
      await page.waitForSelector("#desk-reason-fault");
      await page.keyboard.type(" and the staff card seen");
      await page.keyboard.press("Enter");
      await shows(page, "desk-code");
      // A slip of the finger must not lose it.
      await page.keyboard.press("Escape");
      await page.keyboard.press("Escape");
      await shows(page, "desk-code");
      await tabTo(page, /^I have read it out$/);
      await page.keyboard.press("Enter");
      await shows(page, "desk-person");
      expect(await page.evaluate(() => document.body.textContent.includes("519"))).toBe(false);
    }));

  test("suspends a device that is called by its name", () =>
    at("desk-person", async (page) => {
      await tabTo(page, /^Suspend Amara’s phone$/);
      await page.keyboard.press("Enter");
      await shows(page, "desk-suspend");
      await page.keyboard.type("Phone stolen on the ward");
      await page.keyboard.press("Enter");
      await shows(page, "desk-person");
      await page.waitForFunction(() => document.body.textContent.includes("Needs reactivating"));
    }));
});
