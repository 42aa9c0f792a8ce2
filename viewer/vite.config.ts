import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { defineConfig } from "vitest/config";
import type { BuildEnvironmentOptions, Plugin } from "vite";

const pages = readdirSync(join(import.meta.dirname, "src/pages")).filter((name) => name.endsWith(".ts"));

// Cornerstone writes a measure's text by a style attribute, which the pages' policy forbids; by the
// same property it is allowed.
const stylesByProperty: Plugin = {
  name: "styles-by-property",
  transform(code, id) {
    return id.endsWith("/drawTextBox.js")
      ? code.replace("setAttribute('style', combinedStyle)", "style.cssText = combinedStyle")
      : undefined;
  },
};

// Decoders ask for Node's modules where they run in Node; in a browser they find them empty.
const quiet: NonNullable<BuildEnvironmentOptions["rolldownOptions"]> = {
  checks: { bundlerTimings: false },
  onLog: (level, log, handle) => {
    if (!log.message.includes("externalized for browser compatibility")) {
      handle(level, log);
    }
  },
};

// One entry a page, named as its template; medshare/viewer/bundle.py reads the manifest.
export default defineConfig({
  base: "/viewer/static/",
  publicDir: false,
  plugins: [stylesByProperty],
  resolve: {
    // Writes XML files, which nothing here does; it wants Node's own modules.
    alias: { xmlbuilder2: join(import.meta.dirname, "src/images/no_xml.ts") },
  },
  worker: { format: "es", rolldownOptions: quiet },
  build: {
    outDir: "../medshare/viewer/static",
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "chrome109", // ward computers
    assetsInlineLimit: 0, // the pages' policy lets styles load files only
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 4000, // the image page, which brings Cornerstone
    rolldownOptions: {
      ...quiet,
      input: {
        main: "src/styles/main.css",
        ...Object.fromEntries(pages.map((name) => [basename(name, ".ts"), join("src/pages", name)])),
      },
    },
  },
  test: { environment: "happy-dom", include: ["tests/**/*.test.ts"] },
});
