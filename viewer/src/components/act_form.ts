/**
 * Forms that act: `data-act` is the method, `data-address` where to, the named fields the body.
 *
 * `data-version` is the version that was seen (If-Match); `data-then` the page that follows, else
 * this one anew, `{id}` in it the answer's member; `data-proposed` the page that follows where a
 * second person has to confirm; `data-shows` the member of the answer that is shown once.
 * A field `patient.value` is a member of a member. `data-kind` makes numbers, flags, lists of what
 * commas or spaces part, JSON, and instants: the first or the last moment of a day in the form's
 * `data-zone`. Checkboxes of the kind `each` are one list.
 */

import { ask, type Fault, Problem, wordsOf } from "../core/api";
import { all, need, on } from "../core/dom";
import { stepUp } from "../core/session";
import { t } from "../core/words";
import { instantOf } from "../core/zones";
import { openDialog } from "./dialog";
import { onProof } from "./proof_form";
import { say } from "./toast";

const PROOF_WANTED = "step-up-required";
const DONE = "done"; // the state, or the fragment, of the page that follows: it says so
type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement | HTMLButtonElement;

let waiting: (() => Promise<void>) | undefined;

/** Let every form with `data-act` do what it says; what is grave asks for the person anew. */
export function actByForms(): void {
  sayWhatWasDone();
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
  all("[aria-invalid]", HTMLElement, form).forEach((each) => { each.removeAttribute("aria-invalid"); });
  buttons.forEach((each) => { each.disabled = true; });
  try {
    await work();
  } catch (failure) {
    if (failure instanceof Problem && failure.slug === PROOF_WANTED) {
      waiting = () => proving(form, work);
      openDialog("#proof");
    } else {
      fault.textContent = tell(form, failure);
    }
  } finally {
    buttons.forEach((each) => { each.disabled = false; });
  }
}

/** Say what failed: of a field what it is called too, and mark it. */
function tell(form: HTMLFormElement, failure: unknown): string {
  const faults = failure instanceof Problem ? failure.faults : [];
  return faults.length > 0 ? faults.map((each) => tellOf(form, each)).join(" ") : wordsOf(failure);
}

function tellOf(form: HTMLFormElement, fault: Fault): string {
  const path = fault.pointer.slice(1).replaceAll("/", ".").replace(/\.\d+$/, ""); // of a list, the list
  const field = fieldsOf(form).find((each) => each.name !== "" && `.${each.name}`.endsWith(`.${path}`));
  if (field === undefined || field.type === "hidden") {
    return fault.detail;
  }
  field.setAttribute("aria-invalid", "true");
  const label = nameOf(field);
  return label === "" ? fault.detail : t("field-fault", { field: label, fault: fault.detail });
}

function nameOf(field: Field): string {
  const legend = field.dataset["kind"] === "each" ? field.closest("fieldset")?.querySelector("legend") : undefined;
  const label = legend ?? field.labels?.[0];
  return field.getAttribute("aria-label") ?? label?.textContent.trim() ?? "";
}

function goOn(form: HTMLFormElement, answer: unknown): void {
  const isProposed = typeof answer === "object" && answer !== null && "proposedBy" in answer;
  const next = isProposed ? (form.dataset["proposed"] ?? form.dataset["then"]) : form.dataset["then"];
  const shows = form.dataset["shows"];
  if (shows !== undefined) {
    showOnce(memberOf(answer, shows));
  } else if (next === undefined) {
    history.replaceState(DONE, "");
    location.reload();
  } else {
    location.assign(next.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(memberOf(answer, name))) + `#${DONE}`);
  }
}

/** Say on the page that follows an act that it is done. */
function sayWhatWasDone(): void {
  const isNext = location.hash === `#${DONE}`;
  if (isNext || history.state === DONE) {
    history.replaceState(null, "", isNext ? location.pathname + location.search : location.href);
    say(t("done"));
  }
}

function memberOf(answer: unknown, name: string): string {
  const member = typeof answer === "object" && answer !== null ? (answer as Record<string, unknown>)[name] : undefined;
  return typeof member === "string" ? member : "";
}

function showOnce(text: string): void {
  need('[data-part="shown"]', HTMLElement).textContent = text;
  need("#shown", HTMLDialogElement).addEventListener("close", () => { location.reload(); }, { once: true });
  openDialog("#shown");
}

/** Return what a form holds, as the body of a request; the pressed button counts as a field. */
export function bodyOf(form: HTMLFormElement, submitter: HTMLElement | null): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const each of fieldsOf(form)) {
    const value = valueOf(each, submitter, form.dataset["zone"] ?? "UTC");
    if (value === undefined) {
      continue;
    }
    put(body, each.name.split("."), value, each.dataset["kind"] === "each");
  }
  return body;
}

function fieldsOf(form: HTMLFormElement): Field[] {
  return [...form.elements].filter((each): each is Field => "name" in each && each.getAttribute("name") !== null);
}

function valueOf(field: Field, submitter: HTMLElement | null, zone: string): unknown {
  const kind = field.dataset["kind"];
  if (field instanceof HTMLButtonElement) {
    return field === submitter ? typed(kind, field.value, zone) : undefined;
  }
  if (field instanceof HTMLInputElement && field.type === "checkbox" && kind !== "each") {
    return field.checked;
  }
  if (isLeftOut(field)) {
    return undefined;
  }
  return field.value === "" ? undefined : typed(kind, field.value, zone);
}

/** Tell whether a field is one of several to choose from, and was not chosen. */
function isLeftOut(field: Field): boolean {
  return field instanceof HTMLInputElement && ["radio", "checkbox"].includes(field.type) && !field.checked;
}

function typed(kind: string | undefined, value: string, zone: string): unknown {
  switch (kind) {
    case "number":
      return Number(value);
    case "flag":
      return value === "true";
    case "list":
      return value.split(/[\s,，、]+/).filter((each) => each !== "");
    case "json":
      return JSON.parse(value) as unknown;
    case "day":
      return instantOf(value, "00:00:00", zone);
    case "day-end":
      return instantOf(value, "23:59:59", zone);
    default:
      return value;
  }
}

function put(body: Record<string, unknown>, path: string[], value: unknown, isOneOfMany: boolean): void {
  const [first = "", ...rest] = path;
  if (rest.length > 0) {
    put((body[first] ??= {}) as Record<string, unknown>, rest, value, isOneOfMany);
  } else if (isOneOfMany) {
    ((body[first] ??= []) as unknown[]).push(value);
  } else {
    body[first] = value;
  }
}
