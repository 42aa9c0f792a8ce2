/** Keys that act on the page; the help lists those that the page has. */

import { all, make } from "./dom";

interface Binding {
  key: string;
  means: string;
  act: () => void;
}

const bindings: Binding[] = [];
const SIGNS: Readonly<Record<string, string>> = {
  " ": "Space",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
};

/**
 * Let a key, pressed outside a field, act; `means` stands in the help.
 *
 * @param key as `KeyboardEvent.key`, with Shift as `Shift+ArrowUp` where that is a key of its own
 */
export function bind(key: string, means: string, act: () => void): void {
  bindings.push({ key, means, act });
}

/** List the keys for people, those that mean the same beside each other. */
export function listKeys(place: Element): void {
  const meanings = [...new Set(bindings.map((each) => each.means))];
  place.replaceChildren(
    ...meanings.flatMap((means) => {
      const term = make("dt");
      const keys = bindings.filter((each) => each.means === means).map((each) => each.key);
      term.append(...keys.flatMap((key) => [make("kbd", "", signOf(key)), " "]));
      return [term, make("dd", "", means)];
    }),
  );
}

/** Return a key as it stands on a keyboard, with what is held down before it. */
function signOf(key: string): string {
  return (SIGNS[key] ?? key).replace(/^Shift\+(.+)$/, (_, other: string) => `Shift+${SIGNS[other] ?? other}`);
}

/** Listen for the keys. */
export function listen(): void {
  document.addEventListener("keydown", (event) => {
    if (isTyping(event.target) || isPressing(event) || event.ctrlKey || event.altKey || event.metaKey || isDialogOpen()) {
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
  return target instanceof HTMLElement && target.closest("input:not([type=range]), select, textarea, [contenteditable]") !== null;
}

/** Tell whether a key presses the button or link that has the focus. */
function isPressing(event: KeyboardEvent): boolean {
  const isOnControl = event.target instanceof HTMLElement && event.target.closest("button, a, summary") !== null;
  return isOnControl && (event.key === "Enter" || event.key === " ");
}

function isDialogOpen(): boolean {
  return all("dialog", HTMLDialogElement).some((each) => each.open);
}
