/** What a screen reader is told, as the browser computes it. */
import { afterAll, describe, expect, test } from "vitest";
import type { Page, SerializedAXNode } from "puppeteer-core";
import { Site } from "./site";

const site = await Site.start();
afterAll(() => site.stop());

interface Told {
  role: string;
  name: string;
}

/** Everything that is told, in order. */
async function told(page: Page): Promise<Told[]> {
  const tree = await page.accessibility.snapshot({ interestingOnly: false });
  const all: Told[] = [];
  const visit = (node: SerializedAXNode) => {
    all.push({ role: node.role, name: (node.name ?? "").replace(/\s+/g, " ").trim() });
    for (const child of node.children ?? []) visit(child);
  };
  if (tree !== null) visit(tree);
  return all;
}

async function on(state: string, work: (all: Told[], page: Page) => void | Promise<void>): Promise<void> {
  const page = await site.open(state);
  await work(await told(page), page);
  await page.close();
}

const names = (all: Told[], role: string) => all.filter((each) => each.role === role).map((each) => each.name);

test("a passcode card tells organisation, account, spaced digits, seconds and what pressing does", () =>
  on("home-offline", (all) => {
    expect(names(all, "button")).toContainEqual(
      expect.stringMatching(/^Marlowe University Hospital, a\.lindqvist\. Passcode 4 8 2, 9 1 3\. 1[78] seconds left\. Copy\.$/),
    );
    expect(names(all, "button")).toContain("Pharmacy cabinet 3, lindqvist.a. Show passcode.");
  }));

test("u2_a_hidden_passcode_is_nowhere_in_the_page", () =>
  on("home-hidden", async (all, page) => {
    expect(names(all, "button")).toContain("Marlowe University Hospital, a.lindqvist. Show passcode.");
    const drawn = await page.$eval(".window", (window) => window.outerHTML);
    expect(drawn).not.toMatch(/482\D{0,40}913|4 8 2|640\D{0,40}127|073\D{0,40}558/);
  }));

test("u4_no_keyboard_or_browser_remembers_a_pin_or_a_key", async () => {
  for (const [state, field] of [
    ["lock", "input"],
    ["choose-pin", "input"],
    ["current-pin", "input"],
    ["request-secret", "dialog input"],
    ["key", "#key-key"],
  ] as const) {
    await on(state, async (_, page) => {
      expect(await page.$eval(field, (input) => input.getAttribute("autocomplete")), state).toBe("off");
      const hidden = await page.$eval(field, (input) => (input as HTMLInputElement).type === "password");
      const plain = await page.$eval(
        field,
        (input) => input.getAttribute("spellcheck") === "false" && input.getAttribute("autocorrect") === "off",
      );
      expect(hidden || plain, state).toBe(true);
    });
  }
});

test("a request is an alert dialog that tells application, place and time", () =>
  on("request", (all) => {
    expect(all).toContainEqual({ role: "alertdialog", name: "Sign-in request. Patient Records, from Ward 4B workstation, just now." });
  }));

test("the number's field tells how many digits, and what was typed is told apart", () =>
  on("number", async (all, page) => {
    expect(names(all, "textbox")).toContain("Number, 3 digits");
    expect(await page.$eval(".digits input", (field) => (field as HTMLInputElement).value)).toBe("4");
  }));

test("settings are switches, rows with what is chosen, and groups of choices", async () => {
  await on("settings", (all) => {
    expect(names(all, "switch")).toEqual([
      "Ask before approving PIN for each Approve",
      "Hide passcodes until tapped",
      "Show details in notifications App and place, on the lock screen",
    ]);
    expect(names(all, "button")).toContain("App lock PIN");
    expect(names(all, "button")).toContain("Security check-up 2 things to look at");
  });
  await on("lock-after", (all) => {
    expect(names(all, "radio")).toEqual(["Straight away", "1 minute", "5 minutes"]);
    expect(names(all, "dialog")).toContain("Lock after");
  });
});

test("an entry of the activity tells what, where and when", () =>
  on("activity", (all) => {
    expect(names(all, "button")).toContain("Denied and reported Webmail · Rotterdam, Netherlands · 23:10");
  }));

test("the handles of the order tell the place and how to move", () =>
  on("order", (all) => {
    expect(names(all, "button")).toContain("Personal mail, place 4 of 4. Arrow keys move it.");
    expect(names(all, "button")).toContain("Move Personal mail up");
  }));

describe("live regions", () => {
  const live = (page: Page, role: "status" | "alert") =>
    page.$$eval(`[role=${role}]`, (regions) => regions.map((region) => region.textContent.replace(/\s+/g, " ").trim()).filter(Boolean));

  test.for([
    ["home", "status", "Sign-in waiting for you"],
    ["home-copied", "status", "Copied"],
    ["home-removed", "status", "Personal mail removed Undo"],
    ["home-offline", "status", "No connection Passcodes still work. Sign-in requests arrive when you’re back online."],
    ["approved", "status", "Approved Patient Records is opening on Ward 4B workstation."],
    ["lock-wrong", "alert", "That PIN isn’t right. 2 tries left, then a 1-minute wait."],
    ["number-wrong", "alert", "That isn’t the number on your screen. 1 try left. No screen in front of you? Deny."],
    ["expired", "alert", "This request ran out Requests last one minute. Go back to Patient Records and ask for a new one."],
    ["check-up-ok", "status", "All in order Clock, connection and app lock are as they should be. Checked just now."],
  ] as const)("%s is a %s", async ([state, role, text]) => {
    const page = await site.open(state);
    expect(await live(page, role)).toContain(text);
    await page.close();
  });

  test("are told once per change, never per second", () =>
    on("home", async (_, page) => {
      await page.evaluate(() => {
        const changes: string[] = [];
        Object.assign(window, { changes });
        for (const region of document.querySelectorAll("[role=status], [role=alert]")) {
          new MutationObserver(() => changes.push(region.textContent)).observe(region, {
            childList: true,
            subtree: true,
            characterData: true,
          });
        }
      });
      await new Promise((done) => setTimeout(done, 2_500));
      expect(await page.evaluate(() => (window as unknown as { changes: string[] }).changes)).toEqual([]);
    }));
});

describe("what the system asks for", () => {
  test("less motion: nothing moves", async () => {
    const page = await site.open("request");
    await page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
    await site.show(page, "request");
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
    await site.show(page, "add");
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
    await page.close();
  });

  test("its own colours: every control has an edge, and what is on is told apart", async () => {
    const page = await site.open("settings");
    const session = await page.createCDPSession();
    await session.send("Emulation.setEmulatedMedia", { features: [{ name: "forced-colors", value: "active" }] });
    for (const state of ["settings", "request", "number", "lock", "theme", "home", "key-options", "home-removed", "order"]) {
      await site.show(page, state);
      const bare = await page.$$eval("button", (buttons) =>
        buttons
          .filter((button) => {
            const edge = (node: Element) => {
              const style = getComputedStyle(node);
              return [style.borderTopWidth, style.outlineStyle === "none" ? "0px" : style.outlineWidth].some(
                (width) => parseFloat(width) >= 1,
              );
            };
            const alone = button.matches(".btn, .acct, .pad button, .pick, .ask, .seg button, .tabs .add, .rail .add, .toast button");
            const box = button.getBoundingClientRect();
            return (
              alone &&
              box.width > 0 &&
              !edge(button) &&
              !(button.matches(".toast button") && getComputedStyle(button).textDecorationLine === "underline")
            );
          })
          .map((button) => `${button.className} ${button.textContent.trim()}`),
      );
      expect(bare, state).toEqual([]);
    }
    await page.close();
  });
});
