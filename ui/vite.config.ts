/** How the window's files are built: `app.html` becomes `dist/index.html`; mode `preview` builds the gallery instead. */
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";
import type { Plugin } from "vite";

/** The shell looks for `index.html`; the source is named after the host it is for. */
function servedAs(from: string, to: string): Plugin {
  let folder = "dist";
  return {
    name: "served-as",
    apply: "build",
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
    },
    async writeBundle() {
      await rename(join(folder, from), join(folder, to));
    },
  };
}

export default defineConfig(({ mode }) => {
  const page = mode === "preview" ? "preview.html" : "app.html";
  return {
    base: "./",
    plugins: [svelte(), servedAs(page, "index.html")],
    define: { __VERSION__: JSON.stringify(process.env["npm_package_version"] ?? "0.0.0") },
    build: {
      outDir: mode === "preview" ? "node_modules/.preview" : "dist",
      emptyOutDir: true,
      target: ["chrome111", "safari16.4"],
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rollupOptions: { input: page },
    },
    // Tests run the code that the window runs, not the one for rendering on a server.
    ...(mode === "test" ? { resolve: { conditions: ["browser"] } } : {}),
    server: { port: 5173, strictPort: true },
    test: { include: ["src/**/*.test.ts"], environment: "node" },
  };
});
