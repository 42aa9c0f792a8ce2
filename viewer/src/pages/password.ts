import { start } from "../components/shell";
import { wordsOf } from "../core/api";
import { need, textOf } from "../core/dom";
import { changePassword } from "../core/session";
import { t } from "../core/words";

start();
const form = need('[data-form="password"]', HTMLFormElement);
const fault = need('[data-part="fault"]', HTMLElement, form);

async function change(): Promise<void> {
  if (textOf(form, "password") !== textOf(form, "again")) {
    fault.textContent = t("passwords-differ");
    return;
  }
  try {
    await changePassword(textOf(form, "current"), textOf(form, "password"));
    location.reload();
  } catch (failure) {
    fault.textContent = wordsOf(failure);
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void change();
});
