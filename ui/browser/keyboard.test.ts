/** Every flow with the keyboard alone: what the tab key reaches, what the keys do, where focus is after. */
import { afterAll, describe, expect, test } from "vitest";
import type { KeyInput, Page } from "puppeteer-core";
import { Site, TABLET, screen } from "./site";

const site = await Site.start();
afterAll(() => site.stop());

async function at(state: string, work: (page: Page) => Promise<void>, size?: typeof TABLET): Promise<void> {
  const page = await site.open(state, size === undefined ? {} : { size });
  await work(page);
  await page.close();
}

const press = async (page: Page, ...keys: KeyInput[]) => {
  for (const key of keys) await page.keyboard.press(key);
};

async function together(page: Page, held: KeyInput, key: KeyInput): Promise<void> {
  await page.keyboard.down(held);
  await page.keyboard.press(key);
  await page.keyboard.up(held);
}

/** What has focus, as a screen reader would name it. */
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

async function focuses(page: Page, name: RegExp): Promise<void> {
  await expect.poll(() => focused(page)).toMatch(name);
}

/** Presses Tab until `name` has focus. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let stops = 0; stops < 30; stops += 1) {
    if (name.test(await focused(page))) return;
    await press(page, "Tab");
  }
  throw new Error(`the tab key does not reach ${name}`);
}

/** The names that Tab stops at, one after another. */
async function stops(page: Page, count: number): Promise<string[]> {
  const names: string[] = [];
  for (let at = 0; at < count; at += 1) {
    await press(page, "Tab");
    names.push(await focused(page));
  }
  return names;
}

describe("the list", () => {
  test("is reached in the order banner, cards, search, settings, tabs, Add", () =>
    at("home", async (page) => {
      await focuses(page, /^Accounts$/);
      const names = await stops(page, 9);
      expect(names[0]).toMatch(/^Sign-in waiting for you/);
      expect(names[1]).toMatch(/^Marlowe University Hospital, a\.lindqvist\. Passcode/);
      expect(names.slice(2)).toEqual([
        "Details of Marlowe University Hospital",
        "Search accounts",
        "Settings",
        "Accounts 1",
        "Devices",
        "Activity",
        "Add",
      ]);
    }));

  test("is walked with the arrow keys, and Enter copies", () =>
    at("home-quiet", async (page) => {
      await tabTo(page, /^Personal mail/);
      await press(page, "ArrowDown");
      await focuses(page, /^Marlowe University Hospital/);
      await press(page, "End");
      await focuses(page, /^Pharmacy cabinet 3/);
      await press(page, "ArrowDown");
      await focuses(page, /^Pharmacy cabinet 3/);
      await press(page, "Home");
      await focuses(page, /^Personal mail/);
      await press(page, "Enter");
      await page.waitForFunction(() => document.querySelector("[role=listitem]")?.textContent.includes("Copied"));
    }));

  test("of ten thousand is walked too: what is reached is drawn", () =>
    at("home-long", async (page) => {
      await tabTo(page, /^Service 00001/);
      for (let row = 0; row < 20; row += 1) await press(page, "ArrowDown");
      await focuses(page, /^Service 00021/);
      await press(page, "End");
      await focuses(page, /^Service 10000/);
      await press(page, "Home");
      await focuses(page, /^Service 00001/);
    }));

  test("is searched from a slash or Ctrl+F on, and Escape leads back", () =>
    at("home-quiet", async (page) => {
      await press(page, "/");
      await focuses(page, /^Search accounts$/);
      await page.keyboard.type("mail");
      await shows(page, "search");
      await press(page, "Escape");
      await focuses(page, /^Search accounts$/);
      await shows(page, "home");
      await together(page, "Control", "f");
      await shows(page, "search");
    }));

  test("beside the details keeps focus while Enter shows another account", () =>
    at(
      "home-quiet",
      async (page) => {
        await tabTo(page, /^Personal mail/);
        await press(page, "ArrowDown", "Enter");
        await page.waitForFunction(() => document.querySelector(".detail h2")?.textContent === "Marlowe University Hospital");
        await focuses(page, /^Marlowe University Hospital/);
      },
      TABLET,
    ));
});

describe("devices beside their options", () => {
  test("a device’s options take the reader, and Escape goes back to it in the list", () =>
    at(
      "own-devices",
      async (page) => {
        await focuses(page, /^My Devices$/);
        await tabTo(page, /^Amara’s tablet/);
        await press(page, "Enter");
        await focuses(page, /^Amara’s tablet$/);
        // Nothing of the list lies between the options
        expect((await stops(page, 4)).map((name) => name.slice(0, 11))).toEqual(
          ["PushSend thi", "Reactivate ", "Rename", "Remove"].map((name) => name.slice(0, 11)),
        );
        await press(page, "Escape");
        await focuses(page, /^Amara’s tablet.*Works/);
        expect(await page.evaluate(() => document.querySelector(".pane--detail h2")?.textContent)).toBe("Amara’s tablet");
      },
      TABLET,
    ));

  test("another device is chosen without going back, and one Escape leaves both", () =>
    at(
      "own-device",
      async (page) => {
        await focuses(page, /^Amara’s tablet$/);
        await page.click(".pane .row:nth-child(3)");
        await focuses(page, /^Office phone$/);
        await press(page, "Escape");
        await focuses(page, /^Office phone.*Calls only/);
      },
      TABLET,
    ));

  test("a name is changed in its place, and Escape leaves it as it was", () =>
    at(
      "own-device",
      async (page) => {
        await tabTo(page, /^Rename$/);
        await press(page, "Enter");
        await page.waitForSelector(".detail input");
        await press(page, "Escape");
        await focuses(page, /^Rename$/);
        await press(page, "Enter");
        await page.keyboard.type("Ward tablet");
        await press(page, "Enter");
        await focuses(page, /^Rename$/);
        expect(await page.evaluate(() => document.querySelector(".pane--detail h2")?.textContent)).toBe("Ward tablet");
      },
      TABLET,
    ));

  test("a removal asks with Keep it first, and gives focus back", () =>
    at(
      "own-device",
      async (page) => {
        await tabTo(page, /^Remove$/);
        await press(page, "Enter");
        await shows(page, "remove-device");
        await focuses(page, /^Keep it$/);
        await press(page, "Escape");
        await focuses(page, /^Remove$/);
      },
      TABLET,
    ));
});

describe("a change of another device", () => {
  test("opens from home, is read title first, then This wasn’t me, It was me, Close, and says what was stopped", () =>
    at("home-notice", async (page) => {
      await tabTo(page, /^Open$/);
      await press(page, "Enter");
      await shows(page, "notice");
      await focuses(page, /^Did you add Galaxy S23\?$/);
      expect(await stops(page, 3)).toEqual(["This wasn’t me", "It was me", "Close without answering"]);
      await tabTo(page, /^This wasn’t me$/);
      await press(page, "Enter");
      await shows(page, "notice-stopped");
      await focuses(page, /^Galaxy S23 is stopped$/);
      await press(page, "Tab", "Enter");
      await shows(page, "home");
      expect(await page.evaluate(() => document.querySelector(".notes .note"))).toBeNull();
    }));

  test("Escape leaves it unanswered", () =>
    at("notice", async (page) => {
      await press(page, "Escape");
      await shows(page, "home");
      expect(await page.evaluate(() => document.querySelector(".notes .note b")?.textContent)).toBe("Phone activated");
    }));
});

describe("a sheet", () => {
  test("keeps focus inside, closes with Escape and gives focus back", () =>
    at("home-quiet", async (page) => {
      await tabTo(page, /^Add$/);
      await press(page, "Enter");
      await shows(page, "add");
      await focuses(page, /^Add an account$/);
      for (let stop = 0; stop < 12; stop += 1) {
        await press(page, "Tab");
        // Past its last control the browser's own window has a turn, never the page behind.
        expect(
          await page.evaluate(() => document.activeElement === document.body || document.activeElement?.closest("dialog") !== null),
        ).toBe(true);
      }
      await press(page, "Escape");
      await shows(page, "home");
      await focuses(page, /^Add$/);
    }));

  test("for adding opens with Ctrl+N", () =>
    at("home-quiet", async (page) => {
      await together(page, "Control", "n");
      await shows(page, "add");
    }));

  test("that asks about a removal starts on Keep it", () =>
    at("account", async (page) => {
      await tabTo(page, /^Remove from this phone$/);
      await press(page, "Enter");
      await shows(page, "remove");
      await focuses(page, /^Keep it$/);
      await press(page, "Escape");
      await focuses(page, /^Remove from this phone$/);
      await press(page, "Enter");
      await shows(page, "remove");
      await together(page, "Shift", "Tab");
      await press(page, "Enter");
      await shows(page, "home");
      await tabTo(page, /^Undo$/);
      await press(page, "Enter");
      await page.waitForFunction(() => document.body.textContent.includes("Marlowe University Hospital"));
    }));
});

describe("a request", () => {
  test("is read title first, then Deny, Approve, Close", () =>
    at("request", async (page) => {
      await focuses(page, /^Are you signing in to Patient Records\?$/);
      expect(await stops(page, 3)).toEqual(["Deny", "Approve", "Close without answering"]);
    }));

  test("is approved with Enter once its first moment is over, and Done leads home", () =>
    at("request", async (page) => {
      await tabTo(page, /^Approve$/);
      await expect
        .poll(async () => {
          if ((await screen(page)) === "request") await press(page, "Enter");
          return screen(page);
        })
        .toBe("approved");
      await tabTo(page, /^Done$/);
      await press(page, "Enter");
      await shows(page, "home");
    }));

  test("takes the number wherever focus is", () =>
    at("number-empty", async (page) => {
      await press(page, "4", "7", "1", "Backspace", "2");
      expect(await page.$$eval(".digits span", (boxes) => boxes.map((box) => box.textContent).join(""))).toBe("472");
    }));

  test("is closed unanswered with Escape", () =>
    at("request", async (page) => {
      await press(page, "Escape");
      await shows(page, "home");
    }));

  test("that asks for the PIN takes it from the keyboard, and leaves nothing in the field", () =>
    at("request-secret-right", async (page) => {
      await shows(page, "confirm-secret");
      for (const key of "271828") await press(page, key as KeyInput);
      await shows(page, "approved");
      expect(await page.$$eval("input", (fields) => fields.map((field) => field.value).join(""))).toBe("");
    }));
});

describe("the lock", () => {
  test("opens by typing, and the list has focus on its title", () =>
    at("lock-empty", async (page) => {
      for (const key of "271828") await press(page, key as KeyInput);
      await shows(page, "home");
      await focuses(page, /^Accounts$/);
    }));

  test("is left and found again through a forgotten PIN", () =>
    at("lock-empty", async (page) => {
      await tabTo(page, /^Forgot your PIN\?$/);
      await press(page, "Enter");
      await shows(page, "forgotten");
      await focuses(page, /^Forgotten PIN$/);
      await press(page, "Escape");
      await shows(page, "lock");
    }));

  test("is chosen at first run, digit by digit", () =>
    at("first", async (page) => {
      await tabTo(page, /^Other ways to add an account$/);
      await press(page, "Enter");
      await shows(page, "choose-pin");
      for (const key of "904417") await press(page, key as KeyInput);
      await shows(page, "repeat-pin");
      for (const key of "904417") await press(page, key as KeyInput);
      await shows(page, "add");
    }));

  test("is changed: the current PIN, the new one, the new one again", () =>
    at("settings", async (page) => {
      await tabTo(page, /^App lock/);
      await press(page, "Enter");
      await shows(page, "current-pin");
      for (const key of "271828") await press(page, key as KeyInput);
      await shows(page, "choose-pin");
      for (const key of "904417") await press(page, key as KeyInput);
      await shows(page, "repeat-pin");
      for (const key of "904417") await press(page, key as KeyInput);
      await shows(page, "secret-changed");
      await tabTo(page, /^Done$/);
      await press(page, "Enter");
      await shows(page, "settings");
    }));
});

describe("settings", () => {
  test("are opened, switched with Space, chosen with arrows and left with Escape", () =>
    at("home-quiet", async (page) => {
      await tabTo(page, /^Settings$/);
      await press(page, "Enter");
      await shows(page, "settings");
      await focuses(page, /^Settings$/);
      await tabTo(page, /^Hide passcodes until tapped$/);
      await press(page, "Space");
      await page.waitForFunction(() => document.activeElement?.getAttribute("aria-checked") === "true");
      await tabTo(page, /^Lock after/);
      await press(page, "Enter");
      await shows(page, "lock-after");
      await focuses(page, /^1 minute$/);
      await press(page, "ArrowDown", "Escape");
      await shows(page, "settings");
      await focuses(page, /^Lock after/);
      expect(await focused(page)).toMatch(/5 minutes/);
      await tabTo(page, /^Theme/);
      await press(page, "Enter");
      await shows(page, "theme");
      await tabTo(page, /^Light/);
      await press(page, "ArrowDown");
      await focuses(page, /^Dark/);
      expect(await page.evaluate(() => document.documentElement.dataset["theme"])).toBe("dark");
      await press(page, "Escape");
      await shows(page, "settings");
      await press(page, "Escape");
      await shows(page, "home");
    }));

  test("speak the other language at once when it is chosen", () =>
    at("language", async (page) => {
      await tabTo(page, /^English$/);
      await press(page, "ArrowDown");
      await page.waitForFunction(() => document.documentElement.lang === "de");
      await expect.poll(() => page.$$eval("h1", (titles) => titles.map((title) => title.textContent))).toEqual(["Sprache"]);
    }));

  test("put the accounts in another order, and say so", () =>
    at("order", async (page) => {
      await tabTo(page, /^Marlowe University Hospital, place 1 of 4/);
      await press(page, "ArrowDown");
      await focuses(page, /^Marlowe University Hospital, place 2 of 4/);
      expect(await page.$eval("[data-screen=order] [role=status]:not(:empty)", (said) => said.textContent.trim())).toMatch(
        /place 2 of 4|^$/,
      );
      await press(page, "End");
      await focuses(page, /^Marlowe University Hospital, place 4 of 4/);
      await tabTo(page, /^Move Marlowe University Hospital up$/);
      await press(page, "Enter");
      await focuses(page, /^Move Marlowe University Hospital up$/);
      expect(await page.$$eval("[data-id] b", (titles) => titles.map((title) => title.textContent))).toEqual([
        "Marlowe Medical School",
        "Pharmacy cabinet 3",
        "Marlowe University Hospital",
        "Personal mail",
      ]);
    }));

  test("are in reach of a mouse or finger that drags, too", () =>
    at("order", async (page) => {
      const middle = (id: string) =>
        page.$eval(`[data-id="${id}"] [data-part=handle]`, (handle) => {
          const box = handle.getBoundingClientRect();
          return { x: box.left + box.width / 2, y: box.top + box.height / 2 };
        });
      const from = await middle("a1");
      const to = await middle("a3");
      await page.mouse.move(from.x, from.y);
      await page.mouse.down();
      await page.mouse.move(from.x, (from.y + to.y) / 2, { steps: 4 });
      await page.mouse.move(to.x, to.y, { steps: 4 });
      await page.mouse.up();
      await expect
        .poll(() => page.$$eval("[data-id]", (rows) => rows.map((row) => (row as HTMLElement).dataset["id"])))
        .toEqual(["a2", "a3", "a1", "a4"]);
    }));
});

test("every screen puts focus on its title, its question or its field", async () => {
  for (const [state, name] of [
    ["activity", /^Activity$/],
    ["entry", /^Denied$/],
    ["check-up", /^Security check-up$/],
    ["help", /^Help$/],
    ["removed", /^Removed accounts$/],
    ["stopped", /^This phone is signed out of your hospital account$/],
    ["damaged", /^Your accounts file is damaged$/],
    ["requests", /^3 requests waiting$/],
    ["denied", /^Denied$/],
    ["added", /^This phone is ready$/],
    ["which", /^There are 3 codes in that picture$/],
  ] as const) {
    await at(state, async (page) => {
      expect(await screen(page)).not.toBe("");
      await focuses(page, name);
    });
  }
});
