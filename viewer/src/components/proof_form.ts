/** A form with password and, once it is asked for, the code of the second factor. */

import { CODE_WANTED, Problem, wordsOf } from "../core/api";
import { need, textOf } from "../core/dom";
import type { Proof } from "../core/session";

/**
 * Let a form prove its person by `prove`, and go on by `then` when that is done.
 *
 * The first time that a code is missing its field appears; a fault is said beside the fields.
 */
export function onProof(form: HTMLFormElement, prove: (proof: Proof) => Promise<void>, then: () => void): void {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const proof = { password: textOf(form, "password"), code: textOf(form, "code") };
    void busy(form, async () => {
      await prove(proof);
      form.reset();
      then();
    });
  });
}

async function busy(form: HTMLFormElement, work: () => Promise<void>): Promise<void> {
  const button = need('button[type="submit"]', HTMLButtonElement, form);
  const fault = need('[data-part="fault"]', HTMLElement, form);
  fault.textContent = "";
  button.disabled = true;
  try {
    await work();
  } catch (failure) {
    fault.textContent = tell(form, failure);
  } finally {
    button.disabled = false;
  }
}

function tell(form: HTMLFormElement, failure: unknown): string {
  if (!(failure instanceof Problem) || failure.slug !== CODE_WANTED) {
    return wordsOf(failure);
  }
  const part = need('[data-part="code"]', HTMLElement, form);
  const code = need("input", HTMLInputElement, part);
  const wasHidden = part.hidden;
  part.hidden = false;
  code.disabled = false;
  code.required = true;
  code.value = "";
  code.focus();
  return wasHidden ? "" : wordsOf(failure);
}
