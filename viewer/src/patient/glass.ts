/** Emergency access: a reason, words, and the person proved anew; then the page is opened by it. */

import { openDialog } from "../components/dialog";
import { onProof } from "../components/proof_form";
import { ask } from "../core/api";
import { need, on, textOf } from "../core/dom";
import { stepUp } from "../core/session";

/** Let the page's button open the dialog, and the dialog the patient's data. */
export function offerGlass(): void {
  const form = need('[data-form="glass"]', HTMLFormElement);
  const patientId = need(".timeline", HTMLElement).dataset["patient"] ?? "";
  on("click", '[data-action="break-glass"]', () => { openDialog("#glass"); });
  onProof(
    form,
    async (proof) => {
      await stepUp(proof);
      const body = { patientId, reason: textOf(form, "reason"), text: textOf(form, "text") };
      await ask("POST", "/api/v1/break-glass", { body });
    },
    () => { location.assign(`/viewer/patients/${patientId}?purpose=BTG`); },
  );
}
