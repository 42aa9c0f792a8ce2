/** What windows are called on the page. */

import { t } from "../core/words";
import { PRESETS, type Window } from "./windows";

/** Say a window: its width, its centre and what it is called. */
export function wordsOfWindow(window: Window): string {
  const values = { centre: Math.round(window.centre), width: Math.round(window.width) };
  return `${t("images.window", values)} ${nameOfWindow(window)}`.trim();
}

/** Return the name of a window: of a preset in the language of the page, else as the image says. */
export function nameOfWindow(window: Window): string {
  return PRESETS.has(window.name) ? t(`images.window.${window.name}`) : window.name;
}
