/**
 * The lock: after idle minutes the session ends at the server, and the page stays as it was,
 * covered, until the same person signs in again.
 */

import { whenSessionEnds } from "../core/api";
import { all, need } from "../core/dom";
import { signIn, signOut } from "../core/session";
import { onProof } from "./proof_form";

export const IDLE_MS = 10 * 60 * 1000;
const SIGNS_OF_LIFE = ["pointerdown", "keydown", "wheel", "touchstart"] as const;

/** Lock the page when nobody uses it, when the session ends, and at once by `lock()`. */
export function guardSession(idleMs = IDLE_MS): void {
  const dialog = need("#lock", HTMLDialogElement);
  const form = need("form", HTMLFormElement, dialog);
  const person = need('meta[name="user-name"]', HTMLMetaElement).content;
  dialog.addEventListener("cancel", (event) => { event.preventDefault(); });
  onProof(form, (proof) => signIn(person, proof), uncover);
  whenSessionEnds(cover);
  watch(idleMs);
}

/** Lock the page now. */
export async function lock(): Promise<void> {
  cover();
  await signOut();
}

function watch(idleMs: number): void {
  let last = Date.now();
  for (const sign of SIGNS_OF_LIFE) {
    document.addEventListener(sign, () => (last = Date.now()), { passive: true, capture: true });
  }
  // Timers stand still while a computer sleeps: the clock is asked, not counted.
  setInterval(() => {
    if (Date.now() - last >= idleMs && !need("#lock", HTMLDialogElement).open) {
      void lock();
    }
  }, Math.min(idleMs, 5000));
}

function cover(): void {
  const dialog = need("#lock", HTMLDialogElement);
  for (const each of all("dialog", HTMLDialogElement)) {
    if (each !== dialog && each.open) {
      each.close();
    }
  }
  document.body.classList.add("is-locked");
  if (!dialog.open) {
    dialog.showModal();
  }
}

function uncover(): void {
  document.body.classList.remove("is-locked");
  need("#lock", HTMLDialogElement).close();
}
