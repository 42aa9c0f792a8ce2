import { onProof } from "../components/proof_form";
import { start } from "../components/shell";
import { need, textOf } from "../core/dom";
import { signIn } from "../core/session";

start();
const form = need('[data-form="sign-in"]', HTMLFormElement);
onProof(
  form,
  (proof) => signIn(textOf(form, "username").trim(), proof),
  // The sign-in stands in place of the page that was asked for.
  () => { location.reload(); },
);
