import { beforeEach, expect, test, vi } from "vitest";

import { bind, listen, listKeys } from "../src/core/keys";
import { page } from "./page";

const act = vi.fn();
bind("k", "the next one", act);
listen();

beforeEach(() => {
  page('<input><p tabindex="0"></p><dl></dl>');
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

test("the help lists every key with what it means", () => {
  const list = document.querySelector("dl");
  listKeys(list as Element);
  expect(list?.textContent).toBe("kthe next one");
});
