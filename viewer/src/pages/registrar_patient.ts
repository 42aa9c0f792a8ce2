import { startConsole } from "../components/console";
import { askForPart, wordsOf } from "../core/api";
import { all, fill, need, textOf } from "../core/dom";

startConsole();
const form = need('[data-form="search"]', HTMLFormElement);
const found = need('[data-part="found"]', HTMLElement);
const fault = need('[data-part="fault"]', HTMLElement, form);

/** Find the other patient; whoever is found is opened beside this one. */
async function search(): Promise<void> {
  fault.textContent = "";
  try {
    fill(found, await askForPart("POST", "/viewer/search", { body: { words: textOf(form, "words") } }));
    for (const link of all("a.found-person", HTMLAnchorElement, found)) {
      link.href = `${form.dataset["beside"] ?? ""}${link.pathname.split("/").at(-1) ?? ""}`;
    }
  } catch (failure) {
    found.replaceChildren();
    fault.textContent = wordsOf(failure);
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void search();
});
