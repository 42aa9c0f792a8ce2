/** Exchanging one's own password, typed twice. */

import { wordsOf } from "../core/api";
import { need, textOf } from "../core/dom";
import { changePassword } from "../core/session";
import { t } from "../core/words";

/** Let the page's form change the password, and go on when that is done. */
export function offerPassword(then: () => void): void {
  const form = need('[data-form="password"]', HTMLFormElement);
  const fault = need('[data-part="fault"]', HTMLElement, form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void change(form, fault, then);
  });
}

async function change(form: HTMLFormElement, fault: HTMLElement, then: () => void): Promise<void> {
  fault.textContent = "";
  if (textOf(form, "password") !== textOf(form, "again")) {
    fault.textContent = t("passwords-differ");
    return;
  }
  try {
    await changePassword(textOf(form, "current"), textOf(form, "password"));
    form.reset();
    then();
  } catch (failure) {
    fault.textContent = wordsOf(failure);
  }
}
