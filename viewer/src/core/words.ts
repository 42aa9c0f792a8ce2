/** The words that scripts say; the page brings those of its language. */

import { need } from "./dom";

let words: Record<string, string> | undefined;

/** Return the words of a key, with values put into their places: `{name}`. */
export function t(key: string, values: Record<string, string | number> = {}): string {
  words ??= JSON.parse(need("#script-words", HTMLScriptElement).textContent) as Record<string, string>;
  const found = words[key];
  if (found === undefined) {
    throw new Error(`No words for ${key}`);
  }
  return found.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]));
}

/** Return the language of the page (BCP 47). */
export function language(): string {
  return document.documentElement.lang;
}
