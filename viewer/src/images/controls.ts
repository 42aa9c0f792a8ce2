/** The controls of the page: buttons, lists, and the sentences that are read aloud. */

import { say } from "../components/toast";
import { wordsOf } from "../core/api";
import { all, make, need, on } from "../core/dom";
import { bind } from "../core/keys";
import { t } from "../core/words";
import { BUTTONS, TOOLS, type Tool, assign, written } from "./buttons";
import { COMMANDS } from "./commands";
import { nameOfWindow } from "./names";
import { isSame } from "./windows";
import type { Page, Workspace } from "./workspace";

const SAID_AFTER_MS = 400; // scrolling would talk without end
const YEAR_S = 365 * 24 * 3600;

/** The name of the cookie that remembers the mouse buttons; the server renders nothing from it. */
export const BUTTONS_COOKIE = "medshare-mouse";

/** Refreshes the controls at most once a frame, and speaks when it has become quiet. */
export class Controls implements Page {
  workspace: Workspace | undefined;
  #isDue = false;
  #pause: number | undefined;
  #said = "";

  refresh(): void {
    if (!this.#isDue) {
      this.#isDue = true;
      requestAnimationFrame(() => {
        this.#isDue = false;
        this.#show();
      });
    }
  }

  say(sentence: string): void {
    window.clearTimeout(this.#pause);
    this.#pause = window.setTimeout(() => { need("#live", HTMLElement).textContent = sentence; }, SAID_AFTER_MS);
  }

  tell(sentence: string): void {
    say(sentence);
  }

  /** Let keys, buttons and lists act. */
  connect(workspace: Workspace): void {
    this.workspace = workspace;
    for (const command of COMMANDS) {
      const act = (): void => { this.#attempt(() => command.act(workspace)); };
      command.keys.forEach((key) => { bind(key, t(`images.command.${command.name}`), act); });
      all(`[data-command="${command.name}"]`, HTMLButtonElement).forEach((each) => { each.addEventListener("click", act); });
    }
    whenChosen("#window-list", workspace, (value) => { workspace.chooseWindow(Number(value)); });
    whenChosen("#series-list", workspace, (value) => { this.#attempt(() => workspace.showSeries(value)); });
    whenChosen("#prior-list", workspace, (value) => {
      unfold(false);
      this.#attempt(() => workspace.compare(value));
    });
    this.#connectMouse(workspace);
    on("click", '[data-action="more-tools"]', () => { unfold(); });
    on("click", '#more-tools :is([data-command="compare"], [data-command="mpr"], [data-action="documents"])', () => {
      unfold(false);
    });
    this.refresh();
  }

  /** Do what somebody asked for; what becomes of it is told where nothing else shows it. */
  #attempt(act: () => void | Promise<void>): void {
    Promise.resolve(act()).catch((failure: unknown) => {
      this.tell(wordsOf(failure));
      this.refresh();
    });
  }

  #connectMouse(workspace: Workspace): void {
    const dialog = need("#mouse", HTMLDialogElement);
    need("[data-action=mouse]", HTMLButtonElement).addEventListener("click", () => { dialog.showModal(); });
    for (const button of BUTTONS) {
      const list = need(`#mouse-${button}`, HTMLSelectElement);
      list.append(...TOOLS.map((tool) => option(tool, t(`images.tool.${tool}`))));
      list.addEventListener("change", () => {
        workspace.assign(assign(workspace.assignment, button, list.value as Tool));
        document.cookie = `${BUTTONS_COOKIE}=${written(workspace.assignment)}; Path=/viewer; SameSite=Strict; Max-Age=${String(YEAR_S)}`;
        this.refresh();
      });
    }
  }

  #show(): void {
    const { workspace } = this;
    if (workspace === undefined) {
      return;
    }
    this.#showLists(workspace);
    this.#showPressed(workspace);
    const { slice } = workspace.active;
    const isKey = slice !== undefined && workspace.keyImages.isKey(slice);
    workspace.active.frame.write("key", isKey ? t("images.key") : "");
    this.#tell(workspace);
  }

  #tell(workspace: Workspace): void {
    const pane = workspace.active;
    const place = t("images.place", { slice: pane.index + 1, count: pane.slices.length });
    const sentence = [place, pane.windowWords()].filter((each) => each !== "").join(", ");
    if (pane.slices.length > 0 && sentence !== this.#said && !workspace.film.isRunning) {
      this.#said = sentence;
      this.say(sentence);
    }
  }

  #showLists(workspace: Workspace): void {
    const { active } = workspace;
    const shown = active.window();
    const choices = active.choices();
    const chosen = choices.findIndex((each) => shown !== undefined && isSame(each, shown));
    const other = option("0", t("images.window.other"));
    other.disabled = true;
    fillList("#window-list", [other, ...choices.map((each, index) => option(String(index + 1), `${String(index + 1)} ${nameOfWindow(each)}`))], String(chosen + 1));
    const series = workspace.seriesOfActive();
    fillList("#series-list", series.map((each) => option(each.seriesInstanceUid, `${each.modality} ${each.description} (${String(each.instanceCount)})`)), active.series?.seriesInstanceUid ?? "");
    const none = option("", t("images.no-comparison"));
    fillList("#prior-list", [none, ...workspace.priors.map((each) => option(each.studyInstanceUid, `${each.date} ${each.facility} ${each.description}`))], workspace.compared);
    BUTTONS.forEach((button) => { need(`#mouse-${button}`, HTMLSelectElement).value = workspace.assignment[button]; });
  }

  #showPressed(workspace: Workspace): void {
    const pressed: Record<string, boolean> = {
      cine: workspace.film.isRunning,
      link: workspace.panes.isLinked,
      mpr: workspace.reconstruction !== undefined,
      compare: workspace.compared !== "",
      ...Object.fromEntries(TOOLS.map((tool) => [`tool-${tool}`, workspace.tool === tool])),
    };
    for (const [name, is] of Object.entries(pressed)) {
      all(`[data-command="${name}"]`, HTMLButtonElement).forEach((each) => { each.setAttribute("aria-pressed", String(is)); });
    }
  }
}

/** Show the tools that a phone hides, or hide them: what is compared, cut or read wants their room. */
function unfold(isWanted?: boolean): void {
  const isOpen = need(".image-tools", HTMLElement).classList.toggle("is-open", isWanted);
  need('[data-action="more-tools"]', HTMLButtonElement).setAttribute("aria-expanded", String(isOpen));
}

/** Act on a choice, and give the keys back to the images: a list takes them for itself. */
function whenChosen(selector: string, workspace: Workspace, act: (value: string) => void): void {
  const list = need(selector, HTMLSelectElement);
  list.addEventListener("change", () => {
    act(list.value);
    workspace.active.frame.root.focus();
  });
}

function option(value: string, words: string): HTMLOptionElement {
  const made = make("option", "", words);
  made.value = value;
  return made;
}

/** Fill a list anew only where it has changed: an open one would close. */
function fillList(selector: string, options: readonly HTMLOptionElement[], chosen: string): void {
  const list = need(selector, HTMLSelectElement);
  const written = (each: Iterable<HTMLOptionElement>): string => [...each].map((one) => `${one.value}\n${one.text}`).join("\n");
  if (written(list.options) !== written(options)) {
    list.replaceChildren(...options);
  }
  if (list.value !== chosen) {
    list.value = chosen;
  }
}
