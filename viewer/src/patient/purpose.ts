/** For which purpose the page looks: every request says it, where it is not the usual one. */

import { need } from "../core/dom";

/** Return the headers that state the page's purpose. */
export function purposeHeaders(): Record<string, string> {
  const purpose = need(".timeline", HTMLElement).dataset["purpose"] ?? "";
  return purpose === "" ? {} : { "X-Purpose-Of-Use": purpose };
}
