/** Where focus goes when a screen appears. */

/** Focuses the element marked `data-first`, else the heading, so that a reader starts at the top. */
export function newScreen(node: HTMLElement): void {
  const first = node.querySelector<HTMLElement>("[data-first]") ?? node.querySelector<HTMLElement>("h1");
  first?.focus({ preventScroll: true });
  if (node.closest("dialog") === null && node.closest(".pane") === null) window.scrollTo(0, 0);
}
