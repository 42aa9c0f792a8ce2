/** Keys that act on the page; the help lists those that the page has. */

import { all, make } from "./dom";

interface Binding {
  key: string;
  means: string;
  act: () => void;
}

const bindings: Binding[] = [];

/**
 * Let a key, pressed outside a field, act; `means` stands in the help.
 *
 * @param key as `KeyboardEvent.key`, with Shift as `Shift+ArrowUp` where that is a key of its own
 */
export function bind(key: string, means: string, act: () => void): void {
  bindings.push({ key, means, act });
}

/** List the keys for people. */
export function listKeys(place: Element): void {
  place.replaceChildren(
    ...bindings.flatMap((each) => {
      const term = make("dt");
      term.append(make("kbd", "", each.key === " " ? "Space" : each.key));
      return [term, make("dd", "", each.means)];
    }),
  );
}

/** Listen for the keys. */
export function listen(): void {
  document.addEventListener("keydown", (event) => {
    if (isTyping(event.target) || event.ctrlKey || event.altKey || event.metaKey || isDialogOpen()) {
      return;
    }
    const found = bindings.find((each) => each.key === strokeOf(event));
    if (found) {
      event.preventDefault();
      found.act();
    }
  });
}

/** Return the key as bindings name it; of letters and signs Shift is part already. */
function strokeOf(event: KeyboardEvent): string {
  return event.shiftKey && event.key.length > 1 ? `Shift+${event.key}` : event.key;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, select, textarea, [contenteditable]") !== null;
}

function isDialogOpen(): boolean {
  return all("dialog", HTMLDialogElement).some((each) => each.open);
}
