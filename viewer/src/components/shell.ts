/** What every page has: language, lock, help and leaving. */

import { wordsOf } from "../core/api";
import { all, need, on } from "../core/dom";
import { bind, listen, listKeys } from "../core/keys";
import { signOut } from "../core/session";
import { t } from "../core/words";
import { guardSession, lock } from "./lock";
import { say } from "./toast";

const LANGUAGE_COOKIE = "medshare-language";
const YEAR_S = 365 * 24 * 3600;

/** Bring the common parts of the page to life; a page calls it once. */
export function start(): void {
  on("click", "[data-language]", (button) => {
    const wanted = button.dataset["language"] ?? "";
    document.cookie = `${LANGUAGE_COOKIE}=${wanted}; path=/; max-age=${String(YEAR_S)}; samesite=lax`;
    location.reload();
  });
  if (all("#lock", HTMLDialogElement).length === 0) {
    return; // nobody is signed in
  }
  guardSession();
  bind("?", t("keys.help"), showHelp);
  listen();
  on("click", '[data-action="help"]', showHelp);
  on("click", '[data-action="lock"]', () => void lock());
  on("click", '[data-action="sign-out"]', () => void leave());
}

function showHelp(): void {
  const help = need("#help", HTMLDialogElement);
  listKeys(need('[data-part="keys"]', HTMLElement, help));
  help.showModal();
}

async function leave(): Promise<void> {
  try {
    await signOut();
    location.assign("/viewer");
  } catch (failure) {
    say(wordsOf(failure));
  }
}
