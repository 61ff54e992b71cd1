/** The page that shows every state beside its drawing, from the pictures that the tests took. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MOCKUPS, PORTAL_MOCKUPS } from "./mockups";

/** One picture of a state in one look. */
export const LOOKS = ["phone", "dark", "german", "large", "tablet", "tablet-dark", "wide", "wide-dark", "in-app", "in-app-dark"] as const;
export type LookName = (typeof LOOKS)[number];

const TITLES: Record<LookName, string> = {
  phone: "Light, 390 px",
  dark: "Dark, 390 px",
  german: "German, 390 px",
  large: "Text 200 %",
  tablet: "Light, 1024 px",
  "tablet-dark": "Dark, 1024 px",
  wide: "Light, 1280 px",
  "wide-dark": "Dark, 1280 px",
  "in-app": "In the app",
  "in-app-dark": "In the app, dark",
};

export const FOLDER = join(import.meta.dirname, "../../target/gallery");
/** The states of self-service, in a folder of their own. */
export const PORTAL_FOLDER = join(import.meta.dirname, "../../target/gallery-portal");
/** The folder that holds the drawings as PNG files; they are no part of this project. */
const DRAWINGS = process.env["COUNTERSIGN_DESIGN"];

export function begin(folder = FOLDER): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}

export const picture = (state: string, look: LookName, folder = FOLDER): string => join(folder, `${state}.${look}.png`);

/** Writes `index.html`; drawings that are found are copied beside it. */
export function write(states: string[], folder = FOLDER): void {
  const sections = states.map((state) => section(state, folder)).join("\n");
  const differences = escape(readFileSync(join(import.meta.dirname, "../DIFFERENCES.md"), "utf8"));
  writeFileSync(
    join(folder, "index.html"),
    `<!doctype html>
<html lang="en">
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width" />
<title>Countersign: every state</title>
<style>
  body { font: 15px/1.4 system-ui, sans-serif; margin: 24px; background: #fff; color: #15171c; }
  nav { columns: 12rem; margin-bottom: 32px; }
  nav a { display: block; color: inherit; }
  h2 { margin: 40px 0 8px; font-size: 19px; }
  .row { display: flex; gap: 16px; overflow-x: auto; align-items: flex-start; padding-bottom: 12px; }
  figure { margin: 0; flex: none; }
  figcaption { font-size: 13px; padding-bottom: 4px; }
  img { width: 260px; border: 1px solid #ccc; border-radius: 6px; }
  .wide img { width: 560px; }
  .drawn img { border-color: #2a3fd0; border-width: 2px; }
  pre { white-space: pre-wrap; max-width: 48rem; }
</style>
<h1>Countersign: every state</h1>
<p>${states.length} states. A blue edge marks a drawing of the design; the picture beside it is the app.</p>
<nav>${states.map((state) => `<a href="#${state}">${state}</a>`).join("")}</nav>
${sections}
<h2>Where the app differs on purpose</h2>
<pre>${differences}</pre>
</html>
`,
  );
}

function section(state: string, folder: string): string {
  const figures = LOOKS.filter((look) => existsSync(picture(state, look, folder)))
    .map((look) => drawing(state, look, folder) + figure(`${state}.${look}.png`, TITLES[look], WIDE.test(look) ? "wide" : ""))
    .join("");
  return `<h2 id="${state}">${state}</h2><div class="row">${figures}</div>`;
}

const DRAWN: Record<string, Partial<Record<LookName, string>>> = { ...MOCKUPS, ...PORTAL_MOCKUPS };
/** Pictures that are wider than a phone. */
const WIDE = /^(tablet|wide)/;

function drawing(state: string, look: LookName, folder: string): string {
  const name = look === "tablet-dark" ? undefined : DRAWN[state]?.[look];
  if (DRAWINGS === undefined || name === undefined) return "";
  const found = [join(DRAWINGS, `${name}.png`), join(DRAWINGS, "png", `${name}.png`), join(DRAWINGS, "mockups/png", `${name}.png`)].find(
    existsSync,
  );
  if (found === undefined) return "";
  copyFileSync(found, join(folder, `drawn.${name}.png`));
  return figure(`drawn.${name}.png`, `Drawn: ${name}`, WIDE.test(look) ? "drawn wide" : "drawn");
}

const figure = (file: string, title: string, kind: string) =>
  `<figure class="${kind}"><figcaption>${title}</figcaption><a href="${file}"><img loading="lazy" src="${file}" alt="" /></a></figure>`;

const escape = (text: string) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
