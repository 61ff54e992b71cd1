import { expect, test } from "vitest";
import { FakeHost } from "../host/fake";
import { problem } from "../host/problem";
import { Exporting } from "./exporting.svelte";

async function begun(prepare: (host: FakeHost) => void = () => undefined) {
  const host = new FakeHost({ at: "first", unlock_with: "pin", reinstalled: false });
  prepare(host);
  const exporting = new Exporting(host, "pin");
  await exporting.begin();
  const asked = () => host.calls.filter(([name]) => name === "export").map(([, ...rest]) => rest);
  return { host, exporting, asked };
}

test("begins with the safest form that can be had here", async () => {
  expect((await begun()).exporting.form).toBe("locked");
  const off = await begun((host) => (host.exportable = { ...host.exportable, backup_on: false }));
  expect([off.exporting.form, off.exporting.isOff("locked"), off.exporting.isOff("text")]).toEqual(["aegis", true, false]);
  const phone = await begun((host) => (host.exportable = { ...host.exportable, folder: null }));
  expect([phone.exporting.form, phone.exporting.isOff("text"), phone.exporting.isOff("codes")]).toEqual(["codes", true, false]);
  phone.exporting.choose("text");
  expect(phone.exporting.form).toBe("codes");
});

test("asks for the app’s own PIN where it was not typed just now, then saves by itself", async () => {
  const { host, exporting, asked } = await begun();
  host.failing.export = problem("fresh_unlock");
  exporting.choose("text");
  await exporting.save();
  expect([exporting.confirming === null, exporting.saved]).toEqual([false, null]);
  delete host.failing.export;
  await exporting.confirming?.type("271828");
  await new Promise((done) => setTimeout(done));
  expect([exporting.confirming, exporting.saved?.accounts]).toEqual([null, 2]);
  expect(asked()).toEqual([
    ["text", ""],
    ["text", ""],
  ]);
});

test("only a file with a password of its own asks for one, and it is forgotten once used", async () => {
  const { exporting, asked } = await begun();
  exporting.choose("aegis");
  expect(exporting.ready).toBe(false);
  await exporting.type("tidal orchard lamp seven");
  expect(exporting.strength?.enough).toBe(true);
  await exporting.save();
  expect([asked(), exporting.password]).toEqual([[["aegis", "tidal orchard lamp seven"]], ""]);
});

test("a refusal keeps what was typed and says why", async () => {
  const { host, exporting } = await begun();
  host.failing.export = problem("save_folder", "/home/amara/Downloads");
  exporting.choose("aegis");
  await exporting.type("tidal orchard lamp seven");
  await exporting.save();
  expect([exporting.problem?.code, exporting.password, exporting.saved]).toEqual(["save_folder", "tidal orchard lamp seven", null]);
});

test("codes are shown one after the other, and nothing of them stays behind", async () => {
  const { exporting } = await begun((host) => (host.copied = { ...host.copied, path: null, codes: ["a", "b"] }));
  exporting.choose("codes");
  await exporting.save();
  exporting.next();
  exporting.next();
  expect(exporting.at).toBe(1);
  expect([exporting.back(), exporting.at]).toEqual([true, 0]);
  expect([exporting.back(), exporting.saved]).toEqual([false, null]);
});
