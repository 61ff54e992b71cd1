/** Ten thousand accounts: scrolling and searching never hold a frame for more than 50 ms. */
import { afterAll, expect, test } from "vitest";
import type { Page } from "puppeteer-core";
import { Site, TABLET, rest } from "./site";

/** A frame that takes longer is felt. */
const MOST_MS = 50;
/** On a machine that is busy with other things the best of these counts, as each is the same work. */
const TRIES = 5;

const site = await Site.start();
afterAll(() => site.stop());

/**
 * Runs `work` under the browser's own trace and gives the longest task of the page's main thread, in milliseconds of the
 * processor: on a machine that does other things too, a task waits in the middle, which is not its doing.
 */
async function longest(page: Page, work: () => Promise<void>): Promise<number> {
  await page.tracing.start({ categories: ["devtools.timeline", "toplevel"] });
  await work();
  await rest(page);
  const trace = JSON.parse(new TextDecoder().decode(await page.tracing.stop())) as { traceEvents: TraceEvent[] };
  interface TraceEvent {
    name: string;
    ph: string;
    pid: number;
    tid: number;
    tdur?: number;
    args?: { name?: string };
  }
  const threads = new Set(
    trace.traceEvents
      .filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain")
      .map(({ pid, tid }) => `${pid}.${tid}`),
  );
  const tasks = trace.traceEvents.filter(
    ({ name, ph, pid, tid }) => ph === "X" && name.endsWith("RunTask") && threads.has(`${pid}.${tid}`),
  );
  expect(tasks.length).toBeGreaterThan(0);
  expect(tasks.some(({ tdur }) => tdur !== undefined)).toBe(true);
  return Math.max(...tasks.map(({ tdur }) => (tdur ?? 0) / 1_000));
}

async function best(page: Page, work: () => Promise<void>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let time = 0; time < TRIES && least > MOST_MS; time += 1) least = Math.min(least, await longest(page, work));
  return least;
}

test.for([
  ["on a phone", undefined],
  ["beside the details", TABLET],
] as const)("scrolls and searches %s", { timeout: 120_000 }, async ([, size]) => {
  const page = await site.open("home-long", size === undefined ? {} : { size });
  const measured: Record<string, number> = {};

  measured["scroll by wheel"] = await best(page, async () => {
    await page.mouse.move(200, 500);
    for (let turn = 0; turn < 25; turn += 1) {
      await page.mouse.wheel({ deltaY: 1_200 });
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
    }
  });
  measured["jump to the middle and back"] = await best(page, async () => {
    await page.evaluate(async () => {
      const pane = document.querySelector(".pane") ?? document.documentElement;
      for (const at of [pane.scrollHeight / 2, 0]) {
        pane.scrollTo(0, at);
        await new Promise((done) => setTimeout(done, 120));
      }
    });
  });
  measured["search"] = await best(page, async () => {
    await page.keyboard.press("/");
    for (const key of "service 0099") await page.keyboard.type(key);
    await page.waitForFunction(() => document.querySelectorAll("[role=listitem]").length > 3);
    for (let typed = 0; typed < 12; typed += 1) await page.keyboard.press("Backspace");
    await page.keyboard.press("Escape");
  });

  // Only what is seen is in the page, and the rest is counted.
  const rows = await page.$$eval("[role=listitem]", (all) => ({ drawn: all.length, of: all[0]?.getAttribute("aria-setsize") }));
  expect(rows.drawn).toBeLessThan(60);
  expect(rows.of).toBe("10000");
  console.log(
    `longest task, ms: ${JSON.stringify(measured, (_, value: unknown) => (typeof value === "number" ? Math.round(value) : value))}`,
  );
  for (const [what, ms] of Object.entries(measured)) expect(ms, what).toBeLessThan(MOST_MS);
  await page.close();
});
