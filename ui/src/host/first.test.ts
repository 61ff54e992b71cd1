import { expect, test } from "vitest";
import { told } from "./first";

const page = (text: string | null) => ({
  getElementById: (id: string) => (id === "first-view" && text !== null ? { textContent: text } : null) as HTMLElement,
});

test("the shell's first screen is read from the page, where it wrote one", () => {
  const locked = { at: "locked", unlock_with: "pin", tries_left: null, wait_seconds: 0, stopped: false };
  expect(told(page(JSON.stringify(locked)))).toEqual(locked);
  expect(told(page(null))).toBeNull();
  expect(told(page(""))).toBeNull();
});
