import { proving } from "../components/act_form";
import { startConsole } from "../components/console";
import { ask } from "../core/api";
import { make, need, on } from "../core/dom";
import { t } from "../core/words";

interface Integrity {
  index: number | null;
  intact: boolean;
  included: boolean;
  differences: string[];
  forgotten: string[];
}

startConsole();
on("submit", '[data-form="altered"]', (form, event) => {
  event.preventDefault();
  void proving(form as HTMLFormElement, async () => {
    tell((await ask("GET", form.dataset["address"] ?? "")) as Integrity);
  });
});

/** Say plainly whether the entry is as it was sealed. */
function tell(found: Integrity): void {
  const verdict = need('[data-part="verdict"]', HTMLElement);
  verdict.className = found.intact ? "verdict-sound" : "verdict-broken";
  const forgotten = found.forgotten.length > 0 ? [make("span", "under", t("audit.forgotten"))] : [];
  verdict.replaceChildren(sentence(found), ...forgotten);
}

function sentence(found: Integrity): string {
  if (found.index === null) {
    return t("audit.not-sealed");
  }
  if (found.differences.length > 0) {
    return t("audit.altered", { fields: found.differences.join(", ") });
  }
  if (!found.included) {
    return t("audit.not-included", { index: found.index });
  }
  return t("audit.intact", { index: found.index });
}
