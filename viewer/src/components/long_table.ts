/** Long tables, narrowed to the rows that hold what is typed. */

import { all, need } from "../core/dom";
import { t } from "../core/words";

/** Let the page's fields narrow the tables that they name. */
export function narrowLongTables(): void {
  for (const field of all("[data-narrows]", HTMLInputElement)) {
    const table = need(`#${field.dataset["narrows"] ?? ""}`, HTMLTableElement);
    field.addEventListener("input", () => { narrow(field, table); });
    // A field that is out of sight could not be mended.
    table.addEventListener("invalid", () => { show(field, table); }, { capture: true });
  }
}

function narrow(field: HTMLInputElement, table: HTMLTableElement): void {
  const words = field.value.trim().toLowerCase();
  const rows = all("tbody tr", HTMLTableRowElement, table);
  const shown = rows.filter((each) => {
    each.hidden = !each.textContent.toLowerCase().includes(words);
    return !each.hidden;
  });
  need('[data-part="rows"]', HTMLElement, field.parentElement ?? document).textContent =
    words === "" ? "" : t("rows", { shown: String(shown.length), count: String(rows.length) });
}

function show(field: HTMLInputElement, table: HTMLTableElement): void {
  field.value = "";
  narrow(field, table);
}
