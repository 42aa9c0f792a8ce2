/**
 * Forms that act: `data-act` is the method, `data-address` where to, the named fields the body.
 *
 * `data-version` is the version that was seen (If-Match); `data-then` the page that follows, else
 * this one anew; `data-proposed` the page that follows where a second person has to confirm.
 * A field `patient.value` is a member of a member; `data-kind` makes numbers and flags.
 */

import { ask, Problem, wordsOf } from "../core/api";
import { all, need, on } from "../core/dom";
import { stepUp } from "../core/session";
import { openDialog } from "./dialog";
import { onProof } from "./proof_form";

const PROOF_WANTED = "step-up-required";
type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement | HTMLButtonElement;

let waiting: (() => Promise<void>) | undefined;

/** Let every form with `data-act` do what it says; what is grave asks for the person anew. */
export function actByForms(): void {
  on("submit", "[data-act]", (element, event) => {
    event.preventDefault();
    const form = element as HTMLFormElement;
    const body = bodyOf(form, event.submitter);
    void proving(form, async () => {
      const answer = await ask(form.dataset["act"] ?? "POST", form.dataset["address"] ?? "", {
        headers: form.dataset["version"] === undefined ? {} : { "If-Match": `"${form.dataset["version"]}"` },
        ...(Object.keys(body).length > 0 ? { body } : {}),
      });
      goOn(form, answer);
    });
  });
  for (const form of all('[data-form="proof"]', HTMLFormElement)) {
    onProof(form, stepUp, () => {
      form.closest("dialog")?.close();
      void waiting?.();
    });
  }
}

/** Do the work of a form; where it asks for the person anew, ask, and do it again. */
export async function proving(form: HTMLFormElement, work: () => Promise<void>): Promise<void> {
  const fault = need('[data-part="fault"]', HTMLElement, form);
  const buttons = all("button", HTMLButtonElement, form);
  fault.textContent = "";
  buttons.forEach((each) => { each.disabled = true; });
  try {
    await work();
  } catch (failure) {
    if (failure instanceof Problem && failure.slug === PROOF_WANTED) {
      waiting = () => proving(form, work);
      openDialog("#proof");
    } else {
      fault.textContent = wordsOf(failure);
    }
  } finally {
    buttons.forEach((each) => { each.disabled = false; });
  }
}

function goOn(form: HTMLFormElement, answer: unknown): void {
  const isProposed = typeof answer === "object" && answer !== null && "proposedBy" in answer;
  const next = isProposed ? (form.dataset["proposed"] ?? form.dataset["then"]) : form.dataset["then"];
  if (next === undefined) {
    location.reload();
  } else {
    location.assign(next);
  }
}

/** Return what a form holds, as the body of a request; the pressed button counts as a field. */
export function bodyOf(form: HTMLFormElement, submitter: HTMLElement | null): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  const fields = [...form.elements].filter((each): each is Field => "name" in each && each.getAttribute("name") !== null);
  for (const each of fields) {
    const value = valueOf(each, submitter);
    if (value !== undefined) {
      put(body, each.name.split("."), value);
    }
  }
  return body;
}

function valueOf(field: Field, submitter: HTMLElement | null): unknown {
  const kind = field.dataset["kind"];
  if (field instanceof HTMLButtonElement) {
    return field === submitter ? typed(kind, field.value) : undefined;
  }
  if (field instanceof HTMLInputElement && field.type === "checkbox") {
    return field.checked;
  }
  if (field instanceof HTMLInputElement && field.type === "radio" && !field.checked) {
    return undefined;
  }
  return field.value === "" ? undefined : typed(kind, field.value);
}

function typed(kind: string | undefined, value: string): unknown {
  if (kind === "number") {
    return Number(value);
  }
  return kind === "flag" ? value === "true" : value;
}

function put(body: Record<string, unknown>, path: string[], value: unknown): void {
  const [first = "", ...rest] = path;
  if (rest.length === 0) {
    body[first] = value;
  } else {
    const inner = (body[first] ??= {}) as Record<string, unknown>;
    put(inner, rest, value);
  }
}
