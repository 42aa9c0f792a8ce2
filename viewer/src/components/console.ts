/** What the consoles' pages have in common. */

import { actByForms } from "./act_form";
import { closeByButtons } from "./dialog";
import { narrowLongTables } from "./long_table";
import { start } from "./shell";

/** Bring a console's page to life; its script calls it once. */
export function startConsole(): void {
  start();
  closeByButtons();
  actByForms();
  narrowLongTables();
}
