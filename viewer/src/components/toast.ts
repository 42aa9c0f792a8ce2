/** Short news at the edge of the page, read aloud by screen readers. */

import { make, need } from "../core/dom";

const SHOWN_MS = 6000;

/** Say something that needs no answer. */
export function say(text: string): void {
  const toast = make("div", "toast", text);
  need(".toasts", HTMLElement).append(toast);
  setTimeout(() => { toast.remove(); }, SHOWN_MS);
}
