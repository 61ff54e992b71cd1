/**
 * How the two hosts' files are built: `app.html` becomes `dist/index.html`; mode `portal` makes `dist-portal` from
 * `portal.html`; mode `preview` builds the gallery instead.
 */
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";
import type { Plugin } from "vite";

/** The most that the portal's scripts and styles may weigh together on their way, in bytes. */
const PORTAL_BYTES = 150 * 1024;

const HOSTS: Record<string, { page: string; outDir: string; base: string }> = {
  portal: { page: "portal.html", outDir: "dist-portal", base: "/" },
  preview: { page: "preview.html", outDir: "node_modules/.preview", base: "./" },
  "portal-preview": { page: "portal-preview.html", outDir: "node_modules/.portal-preview", base: "./" },
};
const APP = { page: "app.html", outDir: "dist", base: "./" };

/** Every host looks for `index.html`; the source is named after the host it is for. */
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

/** A browser has no Tauri, and somebody on the edge of the hospital's network waits for every byte. */
const leanPortal: Plugin = {
  name: "lean-portal",
  apply: "build",
  generateBundle(_options, bundle) {
    let bytes = 0;
    for (const file of Object.values(bundle)) {
      if (file.type === "chunk") {
        const tauri = Object.keys(file.modules).find((id) => id.includes("@tauri-apps"));
        if (tauri !== undefined) this.error(`the portal contains ${tauri}`);
      }
      if (/\.(js|css)$/.test(file.fileName)) bytes += gzipSync(file.type === "chunk" ? file.code : file.source).length;
    }
    this.info(`scripts and styles: ${(bytes / 1024).toFixed(1)} KiB gzip`);
    if (bytes > PORTAL_BYTES) this.error(`the portal weighs ${bytes} bytes, more than ${PORTAL_BYTES}`);
  },
};

export default defineConfig(({ mode }) => {
  const { page, outDir, base } = HOSTS[mode] ?? APP;
  return {
    base,
    plugins: [svelte(), servedAs(page, "index.html"), ...(mode === "portal" ? [leanPortal] : [])],
    define: { __VERSION__: JSON.stringify(process.env["npm_package_version"] ?? "0.0.0") },
    build: {
      outDir,
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
