import { expect, test } from "vitest";
import { BackButton } from "./history";
import type { BackStack } from "./history";

/** A browser's history, with a person who presses back. */
class Stack implements BackStack {
  entries = 1;
  #listener: () => void = () => undefined;
  push = () => void (this.entries += 1);
  pop = () => {
    this.entries -= 1;
    this.#listener();
  };
  onBack = (listener: () => void) => void (this.#listener = listener);
  press = () => this.pop();
}

test("back on a pushed screen goes back in the app, and at the root leaves it", () => {
  const stack = new Stack();
  let depth = 2;
  const button = new BackButton(stack, () => {
    depth -= 1;
    button.follow(depth > 0);
  });
  button.follow(true);
  expect(stack.entries).toBe(2);
  stack.press();
  expect([depth, stack.entries]).toEqual([1, 2]);
  stack.press();
  expect([depth, stack.entries]).toEqual([0, 1]);
});

test("coming home by a button takes the extra entry away without going back twice", () => {
  const stack = new Stack();
  let backs = 0;
  const button = new BackButton(stack, () => (backs += 1));
  button.follow(true);
  button.follow(false);
  expect([stack.entries, backs]).toEqual([1, 0]);
});
