/** Rules that a type checker cannot see. */
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { parse } from "svelte/compiler";
import type { AST } from "svelte/compiler";
import { expect, test } from "vitest";
import { de } from "./messages/de";
import { en } from "./messages/en";

const here = import.meta.dirname;
const files = readdirSync(here, { recursive: true, encoding: "utf8" })
  .filter((file) => /\.(ts|svelte)$/.test(file) && !/generated|\.test\.ts$|\.d\.ts$/.test(file))
  .map((file) => ({ file, text: readFileSync(join(here, file), "utf8") }));

const imports = (text: string) => [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, path]) => path ?? "");

test("only the Tauri hosts import Tauri", () => {
  const importers = files.filter(({ text }) => imports(text).some((path) => path.startsWith("@tauri-apps/")));
  expect(importers.map(({ file }) => file)).toContain(join("host", "tauri.ts"));
  expect(importers.filter(({ file }) => ![join("host", "tauri.ts"), join("host", "tauri-portal.ts")].includes(file))).toEqual([]);
});

/** Every module that `entry` reaches. */
function reachedFrom(entry: string): Set<string> {
  const reached = new Set<string>();
  const visit = (file: string) => {
    if (reached.has(file)) return;
    reached.add(file);
    const found = files.find((each) => each.file === file);
    for (const path of imports(found?.text ?? "").filter((each) => each.startsWith("."))) {
      const target = relative(here, join(here, dirname(file), path));
      const match = files.find((each) => [target, `${target}.ts`, join(target, "index.ts")].includes(each.file));
      if (match) visit(match.file);
    }
  };
  visit(entry);
  return reached;
}

test("the app's modules never reach the fake host", () => {
  const reached = reachedFrom("app.ts");
  expect(reached).toContain(join("views", "Answer.svelte"));
  expect([...reached].filter((file) => /fake|scenarios|preview|testing/.test(file))).toEqual([]);
});

test("the portal's modules reach neither Tauri nor the fake portal, and what both hosts share reaches no browser", () => {
  const reached = reachedFrom("portal.ts");
  expect(reached).toContain(join("views", "self-service", "SelfService.svelte"));
  expect([...reached].filter((file) => /tauri|fake|scenarios|preview|testing/.test(file))).toEqual([]);
  const shared = files.filter(({ file }) => file.startsWith(join("views", "self-service")));
  expect(shared.filter(({ text }) => /\bfetch\(|\blocation\b|\bhistory\.|\bcookie\b/.test(text)).map(({ file }) => file)).toEqual([]);
});

test("whatever the service records of a person has its words on the Service Desk's page", () => {
  const service = join(here, "../../crates/service/src");
  const recorded = readdirSync(service, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".rs"))
    .map((file) => readFileSync(join(service, file), "utf8").split("#[cfg(test)]")[0] ?? "")
    .flatMap((text) => [
      ...text.matchAll(/"((?:activation|bypass|call|desk|device|notice|number|passcode|prompt|request|self_service|user)\.[a-z_]+)"/g),
    ])
    .map(([, action]) => action ?? "");
  // Calls stop for everybody, which concerns no person; the other names a column
  const acts = [...new Set(recorded)].filter((action) => !["call.stop", "desk.reason"].includes(action)).sort();
  expect(acts).toContain("user.directory");
  for (const { words } of [en.desk, de.desk]) expect(acts.filter((action) => !(action in words))).toEqual([]);
});

test("no sentence stands outside the catalogue", () => {
  const found: string[] = [];
  for (const { file, text } of files.filter((each) => each.file.endsWith(".svelte"))) {
    const spoken = /^(aria-label|title|alt|placeholder|label)$/;
    walk(parse(text, { modern: true }).fragment, (node) => {
      if (node.type === "Text" && /\p{L}{2}/u.test(node.data)) found.push(`${file}: ${node.data.trim()}`);
      if (node.type === "Attribute" && Array.isArray(node.value) && !spoken.test(node.name)) return false;
      return true;
    });
  }
  expect(found).toEqual([]);
});

test("no markup carries a style of its own, which the content policy would refuse", () => {
  expect(files.filter(({ text }) => /\sstyle="|\{@html/.test(text)).map(({ file }) => file)).toEqual([]);
});

type Node = AST.SvelteNode & { type: string };

/** Visits every node of a template; `false` from `visit` leaves out what is below. */
function walk(node: unknown, visit: (node: Node) => boolean): void {
  if (Array.isArray(node)) for (const each of node) walk(each, visit);
  else if (typeof node === "object" && node !== null && "type" in node && typeof node.type === "string") {
    if (!visit(node as Node)) return;
    for (const [key, value] of Object.entries(node)) if (key !== "metadata") walk(value, visit);
  }
}
