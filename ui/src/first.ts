/** The window's first module: next to nothing, so that the mark is on the screen before the rest of the script is read. */
import "./styles/app.css";

// After the frame that shows it, not before
requestAnimationFrame(() => setTimeout(() => void import("./app")));
