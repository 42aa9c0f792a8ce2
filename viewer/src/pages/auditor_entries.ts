import { proving } from "../components/act_form";
import { startConsole } from "../components/console";
import { saveFile } from "../components/downloads";
import { on } from "../core/dom";

startConsole();
on("submit", '[data-form="export"]', (form, event) => {
  event.preventDefault();
  const button = event.submitter;
  if (button instanceof HTMLButtonElement) {
    void proving(form as HTMLFormElement, () => saveFile(button.value, button.dataset["file"] ?? ""));
  }
});
