/** What the shell wrote into the page: the screen to begin with, known before the window can ask for anything. */
import type { AppView } from "./generated/AppView";

/** `null` where nothing was written, as when the page is loaded again; the window then asks. */
export function told(page: Pick<Document, "getElementById">): AppView | null {
  const text = page.getElementById("first-view")?.textContent;
  return text ? (JSON.parse(text) as AppView) : null;
}
