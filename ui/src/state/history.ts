/** Lets the phone's back button do what Escape does: one entry stands for “not at the root”. */

/** The part of the browser's history that is used. */
export interface BackStack {
  push(): void;
  pop(): void;
  onBack(listener: () => void): void;
}

export const browserStack: BackStack = {
  push: () => history.pushState(null, ""),
  pop: () => history.back(),
  onBack: (listener) => window.addEventListener("popstate", listener),
};

export class BackButton {
  #stack: BackStack;
  #pushed = false;
  /** Backward steps that we asked for, which are not the person's. */
  #own = 0;
  #deep = false;

  constructor(stack: BackStack, back: () => void) {
    this.#stack = stack;
    stack.onBack(() => {
      if (this.#own > 0) {
        this.#own -= 1;
        return;
      }
      this.#pushed = false;
      back();
      this.follow(this.#deep);
    });
  }

  /** Whether there is somewhere to go back to. */
  follow(deep: boolean): void {
    this.#deep = deep;
    if (deep && !this.#pushed) {
      this.#pushed = true;
      this.#stack.push();
    } else if (!deep && this.#pushed) {
      this.#pushed = false;
      this.#own += 1;
      this.#stack.pop();
    }
  }
}
