import { showAlerts } from "../components/alerts";
import { start } from "../components/shell";
import { askForPart, wordsOf } from "../core/api";
import { fill, need, textOf } from "../core/dom";
import { bind } from "../core/keys";
import { t } from "../core/words";

start();
const form = need('[data-form="search"]', HTMLFormElement);
const field = need("#words", HTMLInputElement);
const found = need('[data-part="found"]', HTMLElement);
const fault = need('[data-part="fault"]', HTMLElement, form);

// Whoever is not told of a change must know that they were not.
showAlerts().catch((failure: unknown) => { fault.textContent = wordsOf(failure); });

async function search(): Promise<void> {
  fault.textContent = "";
  found.setAttribute("aria-busy", "true");
  try {
    fill(found, await askForPart("POST", "/viewer/search", { body: { words: textOf(form, "words") } }));
  } catch (failure) {
    found.replaceChildren();
    fault.textContent = wordsOf(failure);
  } finally {
    found.removeAttribute("aria-busy");
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void search();
});
bind("/", t("keys.search"), () => {
  field.focus();
  field.select();
});
