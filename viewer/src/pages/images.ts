/** The images of a study. */

import "../styles/images.css";
import { watchDownloads } from "../components/downloads";
import { start } from "../components/shell";
import { wordsOf } from "../core/api";
import { need } from "../core/dom";
import { read } from "../images/buttons";
import { BUTTONS_COOKIE, Controls } from "../images/controls";
import { startEngine } from "../images/engine";
import type { Opening } from "../images/study";
import { Workspace } from "../images/workspace";

start();
watchDownloads();
const opening = JSON.parse(need("#opening", HTMLScriptElement).textContent) as Opening;
const cookie = document.cookie.split("; ").find((each) => each.startsWith(`${BUTTONS_COOKIE}=`)) ?? "";
const controls = new Controls();
const workspace = new Workspace(opening, startEngine(), controls, read(cookie.replace(`${BUTTONS_COOKIE}=`, "")));
controls.connect(workspace);
void workspace.start();
workspace.keyImages.read().then(
  () => { controls.refresh(); },
  (failure: unknown) => { controls.say(wordsOf(failure)); },
);
