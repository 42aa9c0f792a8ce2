import js from "@eslint/js";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["node_modules", ".node"] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // What a page shows is text of persons: it is written by textContent, or rendered and escaped
      // by the server and put in its place by core/dom.ts alone.
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "Use textContent, or fill() of core/dom.ts." },
        { property: "outerHTML", message: "Use textContent, or fill() of core/dom.ts." },
        { property: "insertAdjacentHTML", message: "Use textContent, or fill() of core/dom.ts." },
        { object: "localStorage", message: "Nothing of a page outlives it: ward computers are shared." },
        { object: "sessionStorage", message: "Nothing of a page outlives it: ward computers are shared." },
      ],
      "max-lines": ["error", 400],
      "max-lines-per-function": ["error", 40],
      complexity: ["error", 10],
    },
  },
  { files: ["tests/**"], rules: { "max-lines-per-function": "off", "no-restricted-properties": "off" } },
  { files: ["**/*.js"], extends: [tseslint.configs.disableTypeChecked] },
);
