/** Where focus goes when a screen appears. */

/** Focuses the element marked `data-first`, else the heading, so that a reader starts at the top. */
export function newScreen(node: HTMLElement): void {
  const first = node.querySelector<HTMLElement>("[data-first]") ?? node.querySelector<HTMLElement>("h1");
  first?.focus({ preventScroll: true });
  if (node.closest("dialog") === null && node.closest(".pane") === null) window.scrollTo(0, 0);
}

/** The same beside the list, whose own heading is one step lower. */
export function newPane(node: HTMLElement): void {
  (node.querySelector<HTMLElement>("[data-first]") ?? node.querySelector<HTMLElement>("h2"))?.focus({ preventScroll: true });
  node.closest(".pane")?.scrollTo(0, 0);
}

/** Keys that move a choice among several, as in a group of radio buttons; 0 for any other key. */
export function step(event: KeyboardEvent): -1 | 0 | 1 {
  if (event.altKey || event.ctrlKey || event.metaKey) return 0;
  switch (event.key) {
    case "ArrowDown":
    case "ArrowRight":
      return 1;
    case "ArrowUp":
    case "ArrowLeft":
      return -1;
    default:
      return 0;
  }
}
