/** Dialogs: opened by a script, closed by their own button or Escape. */

import { need, on } from "../core/dom";

/** Open a dialog of the page. */
export function openDialog(selector: string): HTMLDialogElement {
  const dialog = need(selector, HTMLDialogElement);
  dialog.showModal();
  return dialog;
}

/** Let every `data-action="close-dialog"` close the dialog around it. */
export function closeByButtons(): void {
  on("click", '[data-action="close-dialog"]', (button) => {
    button.closest("dialog")?.close();
  });
}
