/** The panes of the page, and what is done to them. */

import type { RenderingEngine, StackViewport, VolumeViewport } from "@cornerstonejs/core";
import { t } from "../core/words";
import { sizeOf } from "./budget";
import type { Assignment, Tool } from "./buttons";
import { TAG, text } from "./dataset";
import { startVolumes } from "./engine";
import { Film } from "./film";
import { type Prior, type Series, chosenPrior, comparable, shown } from "./hanging";
import { KeyImages } from "./key_marks";
import { HeldMeasure, removeMeasures } from "./measuring";
import { Panes } from "./panes";
import { Reconstruction } from "./reconstruction";
import type { StackPane } from "./stack_pane";
import { type Opening, openStudy } from "./study";
import { ToolBox, isMeasure } from "./tools";
import { planOf } from "./volumes";

const ZOOM_STEP = 1.25;
const PAN_STEP = 40;
const WINDOW_STEP = 0.1;

/** What the workspace tells the page about. */
export interface Page {
  /** Something that controls show has changed. */
  refresh(): void;
  /** A sentence for those who listen rather than look. */
  say(sentence: string): void;
  /** A sentence for everybody: nothing else on the page shows what it says. */
  tell(sentence: string): void;
}

export class Workspace {
  readonly film: Film;
  readonly keyImages: KeyImages;
  reconstruction: Reconstruction | undefined;
  assignment: Assignment;
  readonly panes: Panes;
  readonly #tools = new ToolBox();
  #comparisons = 0;
  #held: HeldMeasure | undefined;

  constructor(
    readonly opening: Opening,
    engine: RenderingEngine,
    private readonly page: Page,
    assignment: Assignment,
  ) {
    this.assignment = assignment;
    this.film = new Film((index) => { this.active.scrollTo(index); });
    this.keyImages = new KeyImages(opening);
    const activated = (): void => {
      this.stop();
      page.refresh();
    };
    this.panes = new Panes(engine, this.#tools, activated, () => { page.refresh(); });
    this.assign(assignment);
  }

  get active(): StackPane {
    return this.panes.active;
  }

  get priors(): Prior[] {
    return comparable(this.opening.priors, this.panes.all[0]?.series?.modality ?? "");
  }

  get compared(): string {
    return this.panes.all[1]?.opening?.studyInstanceUid ?? "";
  }

  get tool(): Tool {
    return this.assignment.primary;
  }

  async start(): Promise<void> {
    const first = this.opening.first;
    const uid = first === null ? "" : text(first, TAG.seriesInstanceUid);
    const series = this.opening.series.find((each) => each.seriesInstanceUid === uid);
    if (series === undefined) {
      this.active.frame.showFailure(t("images.none"));
      return;
    }
    await this.active.open(this.opening, series);
    this.page.refresh();
  }

  /** Return the series that the active pane can show. */
  seriesOfActive(): Series[] {
    return shown(this.active.opening?.series ?? []);
  }

  async showSeries(uid: string): Promise<void> {
    const { opening } = this.active;
    const series = opening?.series.find((each) => each.seriesInstanceUid === uid);
    if (opening !== undefined && series !== undefined) {
      this.stop();
      await this.active.open(opening, series);
      this.page.refresh();
    }
  }

  nextSeries(): void {
    const all = this.seriesOfActive();
    const at = all.findIndex((each) => each.seriesInstanceUid === this.active.series?.seriesInstanceUid);
    const next = all[(at + 1) % all.length];
    if (next !== undefined && all.length > 1) {
      void this.showSeries(next.seriesInstanceUid);
    }
  }

  /** Put a prior beside the study; without one, end the comparison, or begin with the likeliest. */
  async compare(uid?: string): Promise<void> {
    this.stop();
    const turn = (this.#comparisons += 1);
    const wanted = uid ?? (this.compared === "" ? chosenPrior(this.priors, this.opening)?.studyInstanceUid : "");
    this.panes.unhang();
    const prior = wanted === undefined || wanted === "" ? undefined : await openStudy(wanted);
    if (turn !== this.#comparisons) {
      return; // something else was asked for meanwhile
    }
    if (prior !== undefined && (await this.panes.hang(prior))) {
      this.page.say(t("images.compared", { date: prior.date, facility: prior.facility }));
    } else if (wanted !== "") {
      this.page.tell(t("images.no-prior"));
    }
    this.page.refresh();
  }

  toggleLink(): void {
    this.panes.isLinked = !this.panes.isLinked;
    this.panes.relink();
    this.page.say(this.panes.isLinked ? t("images.linked") : t("images.unlinked"));
    this.page.refresh();
  }

  otherPane(): void {
    this.panes.next();
  }

  scrollBy(count: number): void {
    this.film.stop();
    if (this.reconstruction === undefined) {
      this.active.scrollBy(count);
    } else {
      this.reconstruction.scrollBy(count);
    }
  }

  scrollTo(index: number): void {
    this.film.stop();
    this.active.scrollTo(index);
  }

  chooseWindow(number: number): void {
    const window = this.active.choices()[number - 1];
    if (window === undefined) {
      return;
    }
    const shown = this.reconstruction === undefined ? this.panes.linked : [this.reconstruction];
    shown.forEach((each) => { each.setWindow(window); });
  }

  /** Move the window by shares of its width. */
  adjustWindow(brighter: number, wider: number): void {
    const shown = this.reconstruction ?? this.active;
    const window = shown.window();
    if (window !== undefined) {
      const width = Math.max(1, window.width * (1 + wider * WINDOW_STEP));
      shown.setWindow({ centre: window.centre - brighter * WINDOW_STEP * window.width, width });
    }
  }

  zoom(steps: number): void {
    this.#viewports().forEach((each) => {
      each.setZoom(each.getZoom() * ZOOM_STEP ** steps);
      each.render();
    });
  }

  pan(across: number, down: number): void {
    const viewport = this.#viewport();
    const [x, y] = viewport.getPan();
    viewport.setPan([x + across * PAN_STEP, y + down * PAN_STEP]);
    viewport.render();
  }

  invert(): void {
    (this.reconstruction ?? this.active).invert();
  }

  reset(): void {
    this.film.stop();
    if (this.reconstruction !== undefined) {
      this.reconstruction.reset();
      return;
    }
    this.panes.all.forEach((pane) => { pane.reset(); });
    this.panes.relink();
  }

  async toggleReconstruction(): Promise<void> {
    this.stop();
    if (this.reconstruction !== undefined) {
      this.#endReconstruction();
    } else {
      await this.#reconstruct();
    }
    this.page.refresh();
  }

  toggleFilm(): void {
    if (this.active.slices.length === 1) {
      this.page.tell(t("images.single"));
    }
    this.film.toggle(() => ({ index: this.active.index, count: this.active.slices.length }), this.active.slice?.dataset);
    this.page.refresh();
  }

  markKeyImage(): void {
    const { slice } = this.active;
    if (slice !== undefined) {
      const isKey = this.keyImages.toggle(slice);
      this.page.say(isKey ? t("images.key-marked") : t("images.key-unmarked"));
      this.page.refresh();
    }
  }

  nextKeyImage(): void {
    const next = this.keyImages.next(this.active.slices, this.active.index);
    if (next === undefined) {
      this.page.tell(t("images.no-key"));
    } else {
      this.scrollTo(next);
    }
  }

  /** Give the first mouse button another tool. */
  choose(tool: Tool): void {
    this.#held = undefined;
    this.assign({ ...this.assignment, primary: tool });
    this.page.say(t(`images.tool.${tool}`) + (isMeasure(tool) ? ` ${t("images.measure-by-keys")}` : ""));
    this.page.refresh();
  }

  assign(assignment: Assignment): void {
    this.assignment = assignment;
    this.#tools.assign(assignment);
  }

  /** Place a measure by keys, or let go of the one that is held. */
  holdMeasure(): void {
    if (this.#held !== undefined) {
      this.#held = undefined;
    } else if (isMeasure(this.tool) && this.reconstruction === undefined) {
      this.#held = new HeldMeasure(this.active.viewport, this.tool);
      this.#held.place();
      this.page.say(t("images.measure-held"));
    }
  }

  /** Let an arrow move the measure that is held; return whether there is one. */
  moveMeasure(dx: number, dy: number, whole: boolean): boolean {
    this.#held?.move(dx, dy, whole);
    return this.#held !== undefined;
  }

  removeMeasures(): void {
    this.#held = undefined;
    removeMeasures(this.panes.all.map((pane) => pane.viewport));
  }

  stop(): void {
    this.film.stop();
    this.#held = undefined;
  }

  #viewport(): StackViewport | VolumeViewport {
    return this.reconstruction?.active ?? this.active.viewport;
  }

  #viewports(): (StackViewport | VolumeViewport)[] {
    if (this.reconstruction !== undefined) {
      return [this.reconstruction.active];
    }
    return this.panes.linked.map((pane) => pane.viewport);
  }

  async #reconstruct(): Promise<void> {
    const { active } = this;
    const { slice, stack } = active;
    if (slice === undefined) {
      return;
    }
    const plan = planOf(active.series?.modality ?? "", stack.positions ?? [], sizeOf(slice.dataset));
    if ("refusal" in plan) {
      this.page.tell(t(`images.mpr.${plan.refusal}`));
      return;
    }
    this.panes.arrange("mpr");
    const engine = startVolumes();
    if (engine === undefined) {
      this.panes.arrange();
      this.page.tell(t("images.mpr.webgl"));
      return;
    }
    this.panes.all.forEach((pane) => { pane.pause(); });
    this.reconstruction = new Reconstruction(this.panes.template, this.panes.place, engine, active);
    await this.reconstruction.show(plan.stride);
    this.#tools.addVolumes(this.reconstruction.viewportIds, engine.id);
    this.page.say(t("images.mpr.shown"));
  }

  #endReconstruction(): void {
    const window = this.reconstruction?.window();
    if (this.reconstruction !== undefined) {
      this.#tools.removeVolumes(this.reconstruction.engine.id);
      this.reconstruction.close();
      this.reconstruction = undefined;
    }
    this.panes.arrange();
    this.panes.all.forEach((pane) => { pane.resume(); });
    if (window !== undefined) {
      this.active.setWindow(window);
    }
  }
}
