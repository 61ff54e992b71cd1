/** What must hold on every state: nothing sideways, nothing cut, nothing too small to hit, nothing that axe-core finds. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "puppeteer-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The least side of anything that can be pressed, in pixels. */
const TARGET = 48;

/** What is wrong with how the page is laid out now. */
export function layout(page: Page): Promise<string[]> {
  return page.evaluate((target: number) => {
    const wrong: string[] = [];
    const name = (node: Element) =>
      `${node.tagName.toLowerCase()}.${node.getAttribute("class") ?? ""} “${(node.getAttribute("aria-label") ?? node.textContent).trim().slice(0, 30)}”`;
    const shown = (node: Element) => {
      const box = node.getBoundingClientRect();
      return box.width > 1 && box.height > 1 && getComputedStyle(node).visibility !== "hidden";
    };
    const wide = document.documentElement.scrollWidth - innerWidth;
    if (wide > 0) wrong.push(`the page scrolls sideways by ${wide}`);
    for (const node of document.querySelectorAll("body *")) {
      if (node.closest(".sr, svg") !== null || !shown(node)) continue;
      const box = node.getBoundingClientRect();
      if (box.right > innerWidth + 1 || box.left < -1) wrong.push(`${name(node)} stands outside the window`);
      const style = getComputedStyle(node);
      const text = [...node.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.textContent?.trim() !== "");
      // The one thing that may be cut is the second line of an account's name, which its details show whole.
      if (!text || style.display === "inline" || style.webkitLineClamp !== "none") continue;
      if (node.scrollWidth > node.clientWidth + 2) wrong.push(`${name(node)} is wider than its box`);
      if (style.overflowY !== "visible" && node.scrollHeight > node.clientHeight + 2) wrong.push(`${name(node)} is cut`);
    }
    for (const node of document.querySelectorAll("button, a, input, textarea, [role=radio], [role=switch]")) {
      if (!shown(node) || node.classList.contains("sr")) continue;
      const box = node.getBoundingClientRect();
      if (box.width < target - 0.5 || box.height < target - 0.5) {
        wrong.push(`${name(node)} is ${Math.round(box.width)} by ${Math.round(box.height)}`);
      }
    }
    return [...new Set(wrong)];
  }, TARGET);
}

/** What axe-core finds, one line each: by all its rules, or by the named ones. */
export async function axe(page: Page, rules: string[] | null = null): Promise<string[]> {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE);
  return page.evaluate(async (rules: string[] | null) => {
    const { axe } = window as unknown as {
      axe: { configure: (spec: object) => void; run: (options: object) => Promise<{ violations: Violation[] }> };
    };
    interface Violation {
      id: string;
      help: string;
      nodes: { target: unknown[]; failureSummary?: string }[];
    }
    // The name of a passcode card is laid down by the design: the title first, as a speaker would say it, then spaced digits.
    axe.configure({ rules: [{ id: "label-content-name-mismatch", selector: ":not([data-account])" }] });
    const { violations } = await axe.run({ resultTypes: ["violations"], ...(rules === null ? {} : { runOnly: rules }) });
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map((node) => `axe ${id}: ${help} (${node.target.join(" ")}) ${node.failureSummary?.split("\n")[1]?.trim() ?? ""}`),
    );
  }, rules);
}
