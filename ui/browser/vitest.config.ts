/** Tests in a real browser, on the pages that `vite build --mode preview` made: every state looked at, used and measured. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["browser/**/*.test.ts"],
    environment: "node",
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxConcurrency: 3,
    // A browser on a busy machine takes its time.
    expect: { poll: { timeout: 10_000 } },
    // One browser at a time; within a file its pages are used side by side.
    fileParallelism: false,
  },
});
