import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { defineConfig } from "vitest/config";

const pages = readdirSync(join(import.meta.dirname, "src/pages")).filter((name) => name.endsWith(".ts"));

// One entry a page, named as its template; medshare/viewer/bundle.py reads the manifest.
export default defineConfig({
  base: "/viewer/static/",
  publicDir: false,
  build: {
    outDir: "../medshare/viewer/static",
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "chrome109", // ward computers
    assetsInlineLimit: 0, // the pages' policy lets styles load files only
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: {
        main: "src/styles/main.css",
        ...Object.fromEntries(pages.map((name) => [basename(name, ".ts"), join("src/pages", name)])),
      },
    },
  },
  test: { environment: "happy-dom", include: ["tests/**/*.test.ts"] },
});
