/** What windows are called on the page. */

import { t } from "../core/words";
import { PRESETS, type Window } from "./windows";

/** Return the name of a window: of a preset in the language of the page, else as the image says. */
export function nameOfWindow(window: Window): string {
  return PRESETS.has(window.name) ? t(`images.window.${window.name}`) : window.name;
}
