/** The course of a laboratory value, opened below the table that states it. */

import { say } from "../components/toast";
import { askForPart, wordsOf } from "../core/api";
import { all, fill, need, on } from "../core/dom";

const OPENERS = '[data-action="trend"]';

/** Let every numeric item of a report open its course, and close it. */
export function offerTrends(): void {
  on("click", OPENERS, (button) => {
    if (button.getAttribute("aria-expanded") === "true") {
      close();
    } else {
      void open(button);
    }
  });
  on("click", '[data-action="close-trend"]', () => { close(); });
}

async function open(button: HTMLElement): Promise<void> {
  const examId = button.closest<HTMLElement>(".report")?.dataset["exam"] ?? "";
  const position = button.dataset["position"] ?? "";
  try {
    const rendered = await askForPart("GET", `/viewer/exams/${examId}/observations/${position}/trend`);
    if (button.isConnected) {
      fill(need('[data-part="trend"]', HTMLElement), rendered);
      mark(button);
      need(".trend", HTMLElement).scrollIntoView({ block: "start" });
      need("#trend-title", HTMLElement).focus({ preventScroll: true });
    }
  } catch (failure) {
    say(wordsOf(failure));
  }
}

/** Close the course, and go back to the item that opened it. */
function close(): void {
  const opener = document.querySelector<HTMLElement>(`${OPENERS}[aria-expanded="true"]`);
  need('[data-part="trend"]', HTMLElement).replaceChildren();
  mark(undefined);
  opener?.focus();
}

function mark(open: HTMLElement | undefined): void {
  for (const each of all(OPENERS, HTMLButtonElement)) {
    each.setAttribute("aria-expanded", String(each === open));
  }
}
