import { beforeEach, expect, test } from "vitest";

import { narrowLongTables } from "../src/components/long_table";
import { all, need } from "../src/core/dom";
import { page } from "./page";

const WORDS = { rows: "{shown} of {count}", "rows-more": "More rows" };
const rows = [...Array(45).keys()].map((n) => `<tr><td>${n % 9 === 0 ? "knee" : "chest"} <input name="n${String(n)}"></td></tr>`);

beforeEach(() => {
  page(
    `<div><input data-narrows="long"><span data-part="rows"></span></div>
     <div class="table-frame"><table id="long"><tbody>${rows.join("")}</tbody></table></div>`,
    WORDS,
  );
  narrowLongTables();
});

function shown(): number {
  return all("#long tr", HTMLTableRowElement).filter((each) => !each.hidden).length;
}

function type(words: string): void {
  const field = need("[data-narrows]", HTMLInputElement);
  field.value = words;
  field.dispatchEvent(new Event("input"));
}

function more(): HTMLButtonElement {
  return need(".table-frame + button", HTMLButtonElement);
}

test("a long table shows its rows by twenties, until there are no more", () => {
  const seen = [shown()];
  more().click();
  seen.push(shown());
  expect(need('[data-part="rows"]', HTMLElement).textContent).toBe("40 of 45");
  more().click();
  seen.push(shown());
  expect(seen).toEqual([20, 40, 45]);
  expect(more().hidden).toBe(true);
  expect(need('[data-part="rows"]', HTMLElement).textContent).toBe("");
});

test("what is typed is looked for in every row", () => {
  type(" KNEE ");
  expect(shown()).toBe(5);
  expect(more().hidden).toBe(true);
  type("");
  expect(shown()).toBe(20);
  expect(more().hidden).toBe(false);
});

test("a row with a field to be mended comes into sight", () => {
  type("knee");
  need('[name="n44"]', HTMLInputElement).dispatchEvent(new Event("invalid"));
  expect(shown()).toBe(45);
});
