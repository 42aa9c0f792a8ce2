import { proving } from "../components/act_form";
import { startConsole } from "../components/console";
import { askForPart } from "../core/api";
import { fill, need, on, textOf } from "../core/dom";

startConsole();
on("submit", '[data-form="find"]', (element, event) => {
  event.preventDefault();
  const form = element as HTMLFormElement;
  const found = need('[data-part="found"]', HTMLElement);
  found.replaceChildren();
  void proving(form, async () => {
    fill(found, await askForPart("POST", "/viewer/auditor/patients", { body: { number: textOf(form, "number") } }));
  });
});
