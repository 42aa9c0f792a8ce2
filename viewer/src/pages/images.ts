/** The images of a study. */

import "../styles/images.css";
import { watchDownloads } from "../components/downloads";
import { start } from "../components/shell";
import { wordsOf } from "../core/api";
import { all, need, on } from "../core/dom";
import { read } from "../images/buttons";
import { BUTTONS_COOKIE, Controls } from "../images/controls";
import { startEngine } from "../images/engine";
import type { Opening } from "../images/study";
import { Workspace } from "../images/workspace";
import { showDocuments, watchDocuments } from "../patient/documents";

start();
watchDownloads();
const opening = JSON.parse(need("#opening", HTMLScriptElement).textContent) as Opening;
const cookie = document.cookie.split("; ").find((each) => each.startsWith(`${BUTTONS_COOKIE}=`)) ?? "";
const controls = new Controls();
const workspace = new Workspace(opening, startEngine(), controls, read(cookie.replace(`${BUTTONS_COOKIE}=`, "")));
controls.connect(workspace);
void workspace.start();
offerDocuments();
workspace.keyImages.read().then(
  () => { controls.refresh(); },
  (failure: unknown) => { controls.say(wordsOf(failure)); },
);

/** Show what came with the images beside them, at once where there is nothing else to look at. */
function offerDocuments(): void {
  const [place] = all("#documents", HTMLElement);
  if (place === undefined) {
    return;
  }
  watchDocuments();
  on("click", '[data-action="documents"]', (button) => { turn(button, place); });
  if (opening.first === null) {
    turn(need('[data-action="documents"]', HTMLElement), place);
  }
}

function turn(button: HTMLElement, place: HTMLElement): void {
  place.hidden = !place.hidden;
  button.setAttribute("aria-expanded", String(!place.hidden));
  if (!place.hidden) {
    showDocuments(place);
  }
}
