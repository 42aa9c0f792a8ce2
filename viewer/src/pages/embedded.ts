import { closeByButtons, openDialog } from "../components/dialog";
import { say } from "../components/toast";
import { ask, askForPart, wordsOf } from "../core/api";
import { fill, need, on, textOf } from "../core/dom";
import { t } from "../core/words";
import { showDocuments, watchDocuments } from "../patient/documents";

const PAGE = "/embed/recognition";
const DECIDED = "medshare.recognition.decided";
const shownAt = Date.now();
let declined: HTMLElement | undefined;

closeByButtons();
watchDocuments();
on("click", '[data-action="view"]', (button) => void view(button, candidateOf(button)));
on("click", '[data-action="recognise"]', (button) => {
  decide(candidateOf(button), { outcome: "recognised" }).catch((failure: unknown) => { say(wordsOf(failure)); });
});
on("click", '[data-action="decline"]', (button) => {
  declined = candidateOf(button);
  openDialog("#decline");
});
on("change", '#decline [name="reason"]', (choice) => {
  need("#decline-text", HTMLTextAreaElement).required = choice.dataset["needsText"] !== undefined;
});
on("submit", '[data-form="decline"]', (form, event) => {
  event.preventDefault();
  void decline(form as HTMLFormElement);
});

function candidateOf(button: HTMLElement): HTMLElement {
  const candidate = button.closest(".candidate");
  if (!(candidate instanceof HTMLElement)) {
    throw new Error("The button is outside a candidate");
  }
  return candidate;
}

function addressOf(candidate: HTMLElement): string {
  return `${PAGE}/results/${candidate.dataset["number"] ?? ""}`;
}

async function view(button: HTMLElement, candidate: HTMLElement): Promise<void> {
  const place = need('[data-part="report"]', HTMLElement, candidate);
  try {
    if (place.childElementCount === 0) {
      fill(place, await askForPart("POST", `${addressOf(candidate)}/report`));
      showDocuments(place);
    }
    place.hidden = !place.hidden;
    button.setAttribute("aria-expanded", String(!place.hidden));
    button.textContent = place.hidden ? t("embedded-view") : t("embedded-hide");
  } catch (failure) {
    say(wordsOf(failure));
  }
}

async function decline(form: HTMLFormElement): Promise<void> {
  const explained = textOf(form, "explained");
  const choice = {
    outcome: "repeated",
    reason: textOf(form, "reason"),
    freeText: textOf(form, "freeText"),
    ...(explained === "" ? {} : { explained }),
  };
  try {
    if (declined) {
      await decide(declined, choice);
    }
  } catch (failure) {
    need('[data-part="fault"]', HTMLElement, form).textContent = wordsOf(failure);
  }
}

/** Record a decision, tell the framing page, and show the page as it now stands. */
async function decide(candidate: HTMLElement, choice: object): Promise<void> {
  const body = { ...choice, version: Number(candidate.dataset["version"]), dwellMs: Date.now() - shownAt };
  const outcome = (await ask("POST", `${addressOf(candidate)}/decision`, { body })) as object;
  const origin = need(".embedded", HTMLElement).dataset["origin"] ?? "";
  parent.postMessage({ type: DECIDED, ...outcome }, origin);
  location.replace(PAGE);
}
