/** Long tables: so many rows at a time, of those that hold what is typed. */

import { all, make, need } from "../core/dom";
import { t } from "../core/words";

const STEP = 20;

/** Let the page's fields narrow the tables that they name, and a button below show more rows. */
export function narrowLongTables(): void {
  for (const field of all("[data-narrows]", HTMLInputElement)) {
    const table = need(`#${field.dataset["narrows"] ?? ""}`, HTMLTableElement);
    const more = moreBelow(table);
    let most = STEP;
    const draw = (): void => { more.hidden = !narrow(field, table, most); };
    field.addEventListener("input", () => { most = STEP; draw(); });
    more.addEventListener("click", () => { most += STEP; draw(); });
    // A field that is out of sight could not be mended.
    table.addEventListener("invalid", () => { field.value = ""; most = Infinity; draw(); }, { capture: true });
    draw();
  }
}

function moreBelow(table: HTMLTableElement): HTMLButtonElement {
  const button = make("button", "more", t("rows-more"));
  button.type = "button";
  (table.closest(".table-frame") ?? table).after(button);
  return button;
}

/** Show the first rows that hold what is typed; tell whether more do. */
function narrow(field: HTMLInputElement, table: HTMLTableElement, most: number): boolean {
  const words = field.value.trim().toLowerCase();
  const rows = all("tbody tr", HTMLTableRowElement, table);
  const wanted = rows.filter((each) => each.textContent.toLowerCase().includes(words));
  const shown = new Set(wanted.slice(0, most));
  for (const each of rows) {
    each.hidden = !shown.has(each);
  }
  need('[data-part="rows"]', HTMLElement, field.parentElement ?? document).textContent =
    shown.size < rows.length ? t("rows", { shown: shown.size, count: rows.length }) : "";
  return shown.size < wanted.length;
}
