import { beforeEach, expect, test, vi } from "vitest";

import { bind, listen, listKeys } from "../src/core/keys";
import { page } from "./page";

const act = vi.fn();
bind("k", "the next one", act);
bind(" ", "the next one", act);
bind("Shift+ArrowUp", "up", act);
listen();

beforeEach(() => {
  page('<input type="text"><input type="range"><button></button><p tabindex="0"></p><dl></dl>');
  act.mockClear();
});

function press(selector: string, key: string, options: KeyboardEventInit = {}): void {
  document.querySelector(selector)?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...options }));
}

test("a key acts on the page, not in a field and not with a modifier", () => {
  press("p", "k");
  expect(act).toHaveBeenCalledTimes(1);
  press("input", "k");
  press("p", "k", { ctrlKey: true });
  press("p", "K");
  expect(act).toHaveBeenCalledTimes(1);
});

test("Enter and Space press the button that has the focus, and a slider takes no letters", () => {
  press("button", " ");
  expect(act).not.toHaveBeenCalled();
  press("button", "k");
  press("[type=range]", "k");
  press("p", " ");
  expect(act).toHaveBeenCalledTimes(3);
});

test("a key with Shift is another one", () => {
  press("p", "ArrowUp");
  expect(act).not.toHaveBeenCalled();
  press("p", "ArrowUp", { shiftKey: true });
  expect(act).toHaveBeenCalledTimes(1);
});

test("the help lists the keys of every meaning", () => {
  const list = document.querySelector("dl");
  listKeys(list as Element);
  expect(list?.textContent).toBe("k Space the next oneShift+↑ up");
});
