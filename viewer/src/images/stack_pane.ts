/** A pane that shows a series as a stack of slices. */

import { Enums, eventTarget, type RenderingEngine, type StackViewport, type Types, cache } from "@cornerstonejs/core";
import { wordsOf } from "../core/api";
import { t } from "../core/words";
import { capacityOf, sizeOf } from "./budget";
import { TAG, numbers, text, texts } from "./dataset";
import { describe } from "./engine";
import { Frame } from "./frame";
import type { Series } from "./hanging";
import type { Stack } from "./linking";
import { calibrationOf } from "./measures";
import { type Markers, UNKNOWN, markersOf, projectionMarkers } from "./orientation";
import { Prefetcher } from "./prefetcher";
import { type Slice, planeOf, slicesOf } from "./slices";
import { DICOMWEB, type Opening, seriesMetadata } from "./study";
import { type Range, type Window, choicesFor, isSame, openingWindow, rangeOf, windowOf } from "./windows";
import { wordsOfWindow } from "./names";

/** What happens in a pane, for those around it. */
export interface Observer {
  /** Another slice is shown, or another window. */
  changed(pane: StackPane): void;
}

export class StackPane {
  readonly frame: Frame;
  readonly viewport: StackViewport;
  slices: readonly Slice[] = [];
  opening: Opening | undefined;
  series: Series | undefined;
  readonly #prefetcher: Prefetcher;
  #shares = 1;
  #turn = 0;
  #range: Range | undefined;
  #scrolled: Promise<unknown> = Promise.resolve();

  constructor(
    readonly id: string,
    template: HTMLTemplateElement,
    place: Element,
    private readonly engine: RenderingEngine,
    private readonly observer: Observer,
  ) {
    this.frame = new Frame(template);
    place.append(this.frame.root);
    engine.enableElement({ viewportId: id, type: Enums.ViewportType.STACK, element: this.frame.canvas });
    this.viewport = engine.getViewport<StackViewport>(id);
    this.#prefetcher = new Prefetcher(() => { this.#showProgress(); });
    this.#listen();
  }

  get index(): number {
    return this.viewport.getCurrentImageIdIndex();
  }

  get slice(): Slice | undefined {
    return this.slices[this.index];
  }

  /** The stack as another is linked to it. */
  get stack(): Stack {
    const positions = this.slices.map((slice) => slice.position);
    const placed = positions.filter((each) => each !== undefined);
    return {
      index: this.index,
      count: this.slices.length,
      ...(placed.length === positions.length ? { positions: placed } : {}),
    };
  }

  /** Show a series: its first image by what the opening says, then all of it. */
  async open(opening: Opening, series: Series): Promise<void> {
    const turn = (this.#turn += 1);
    this.opening = opening;
    this.series = series;
    this.#prefetcher.stop();
    const study = [opening.date, opening.facility, opening.description, series.description];
    this.frame.showBanner(opening.banner, study);
    this.frame.root.setAttribute("aria-label", study.filter((each) => each !== "").join(", "));
    this.frame.clearFailure();
    try {
      const { first } = opening;
      const isFirst = first !== null && text(first, TAG.seriesInstanceUid) === series.seriesInstanceUid;
      await this.#show(isFirst ? slicesOf(DICOMWEB, opening.studyInstanceUid, [first]) : [], 0);
      const datasets = await seriesMetadata(opening.studyInstanceUid, series.seriesInstanceUid);
      if (turn === this.#turn) {
        await this.#showAll(slicesOf(DICOMWEB, opening.studyInstanceUid, datasets));
      }
    } catch (failure) {
      this.frame.showFailure(t("images.failed", { reason: wordsOf(failure) }));
    }
  }

  /** Show another slice; the ends hold. */
  scrollTo(index: number): void {
    const held = Math.min(this.slices.length - 1, Math.max(0, index));
    if (held !== this.viewport.getTargetImageIdIndex() && this.slices.length > 0) {
      this.#scrolled = this.viewport.setImageIdIndex(held);
    }
  }

  /** Wait until the slice that was asked for last is shown, or has failed. */
  async settled(): Promise<void> {
    await this.#scrolled;
  }

  scrollBy(count: number): void {
    this.scrollTo(this.viewport.getTargetImageIdIndex() + count);
  }

  choices(): Window[] {
    return this.slice === undefined ? [] : choicesFor(this.slice.dataset);
  }

  /** Return the window on show, by the name of the choice that it is, if it is one. */
  window(): Window | undefined {
    const range = this.#range ?? this.viewport.getProperties().voiRange;
    return range ? this.named(range) : undefined; // nothing is shown yet
  }

  /** Return a range as a window, the choice that it is where it is one. */
  named(range: Range): Window {
    const shown = { name: "", ...windowOf(range) };
    return this.choices().find((each) => isSame(each, shown)) ?? shown;
  }

  setWindow(window: Pick<Window, "centre" | "width">): void {
    this.viewport.setProperties({ voiRange: rangeOf(window) });
    this.viewport.render();
  }

  invert(): void {
    this.viewport.setProperties({ invert: this.viewport.getProperties().invert !== true });
    this.viewport.render();
  }

  /** Show a millimetre as long as another pane does, where both know how long it is. */
  scaleAs(other: StackPane): void {
    const panes = [this, other];
    if (panes.some((each) => each.window() === undefined)) {
      return; // nothing is shown yet
    }
    const isCalibrated = panes.every(({ slice }) => slice && calibrationOf(slice.dataset) === "calibrated");
    const { parallelScale } = other.viewport.getCamera(); // half the millimetres that its height shows
    const [height, otherHeight] = panes.map(({ frame }) => frame.canvas.clientHeight);
    if (isCalibrated && parallelScale !== undefined && height && otherHeight) {
      this.viewport.setCamera({ parallelScale: (parallelScale * height) / otherHeight });
      this.viewport.render();
    }
  }

  /** Show the image as it was opened. */
  reset(): void {
    this.viewport.resetProperties();
    this.viewport.resetCamera();
    this.#openWindow();
    this.viewport.render();
  }

  /** Hold a share of the budget only, because other panes hold theirs. */
  share(panes: number): void {
    this.#shares = panes;
    this.#prefetcher.resize(this.#capacity());
  }

  /** Let every image go, but stay. */
  pause(): void {
    this.#prefetcher.stop();
  }

  resume(): void {
    this.#prefetcher.start(this.slices.map((slice) => slice.imageId), this.index, this.#capacity());
  }

  close(): void {
    this.#turn += 1;
    this.#prefetcher.stop();
    eventTarget.removeEventListener(Enums.Events.IMAGE_LOAD_ERROR, this.#tellFailure);
    this.engine.disableElement(this.id);
    this.frame.root.remove();
  }

  async #showAll(slices: readonly Slice[]): Promise<void> {
    if (slices.length === 0) {
      this.frame.showFailure(t("images.none"));
      return;
    }
    const shown = this.slice?.sopInstanceUid;
    const at = Math.max(0, slices.findIndex((each) => each.sopInstanceUid === shown));
    await this.#show(slices, at);
    this.resume();
  }

  /** Give the viewport a stack; what was set by hand on the one before stays. */
  async #show(slices: readonly Slice[], at: number): Promise<void> {
    const [range, isInverse] = [this.#range, this.viewport.getProperties().invert ?? false];
    const isOfSame = this.slice !== undefined && slices.some((each) => each.imageId === this.slice?.imageId);
    this.slices = slices;
    if (slices.length === 0) {
      return;
    }
    describe(slices);
    await this.viewport.setStack(slices.map((slice) => slice.imageId), at);
    if (isOfSame && range !== undefined) {
      this.viewport.setProperties({ voiRange: range, invert: isInverse });
    } else {
      this.#range = undefined;
      this.#openWindow();
    }
    this.viewport.render();
    this.#tell();
  }

  #openWindow(): void {
    const window = this.slice === undefined ? undefined : openingWindow(this.slice.dataset);
    if (window !== undefined && !this.isColour()) {
      this.viewport.setProperties({ voiRange: rangeOf(window) });
    }
  }

  isColour(): boolean {
    return this.slice !== undefined && (numbers(this.slice.dataset, TAG.samplesPerPixel)[0] ?? 1) > 1;
  }

  #listen(): void {
    const { canvas, slider, retry } = this.frame;
    const events = Enums.Events;
    canvas.addEventListener(events.STACK_NEW_IMAGE, (event) => {
      const { image } = (event as CustomEvent<{ image: Types.IImage }>).detail;
      if (isWhole(image)) {
        this.frame.clearFailure();
      } else {
        this.frame.showFailure(t("images.undecodable"));
      }
      this.#prefetcher.moveTo(this.index);
      this.#tell();
    });
    canvas.addEventListener(events.VOI_MODIFIED, (event) => {
      this.#range = (event as CustomEvent<{ range: Range }>).detail.range;
      this.#tell();
    });
    canvas.addEventListener(events.IMAGE_RENDERED, () => { this.#keepWindow(); });
    canvas.addEventListener(events.CAMERA_MODIFIED, () => { this.frame.showMarkers(this.#markers()); });
    eventTarget.addEventListener(events.IMAGE_LOAD_ERROR, this.#tellFailure);
    slider.addEventListener("input", () => { this.scrollTo(Number(slider.value)); });
    retry.addEventListener("click", () => { void this.#retry(); });
  }

  /** Drawn by the processor, Cornerstone keeps the window of before but tells that of the file. */
  #keepWindow(): void {
    const told = this.viewport.getProperties().voiRange as Range | null | undefined;
    const range = this.#range;
    if (range && told && (told.lower !== range.lower || told.upper !== range.upper)) {
      this.viewport.setProperties({ voiRange: range }, true);
    }
  }

  async #retry(): Promise<void> {
    const index = this.viewport.getTargetImageIdIndex();
    const imageId = this.slices[index]?.imageId ?? "";
    if (cache.getImageLoadObject(imageId) !== undefined) {
      cache.removeImageLoadObject(imageId);
    }
    await this.#show(this.slices, index); // the viewport takes the same index for done
  }

  readonly #tellFailure = (event: Event): void => {
    const { imageId } = (event as CustomEvent<{ imageId: string }>).detail;
    if (this.slices[this.viewport.getTargetImageIdIndex()]?.imageId === imageId) {
      this.frame.showFailure(t("images.undecodable"));
      this.#tell();
    }
  };

  #tell(): void {
    const place = { slice: this.index + 1, count: this.slices.length };
    this.frame.showPlace(this.index, this.slices.length, t("images.place", place));
    this.frame.write("window", this.windowWords());
    this.frame.showMarkers(this.#markers());
    this.observer.changed(this);
  }

  /** Say the window in words. */
  windowWords(): string {
    const window = this.window();
    return window === undefined || this.isColour() ? "" : wordsOfWindow(window);
  }

  #showProgress(): void {
    this.frame.showProgress(this.index, this.slices.length, this.#prefetcher.loaded);
  }

  #markers(): Markers {
    const { slice } = this;
    if (slice === undefined) {
      return UNKNOWN;
    }
    const plane = planeOf(slice.dataset, slice.frame);
    return plane === undefined
      ? projectionMarkers(texts(slice.dataset, TAG.patientOrientation))
      : markersOf(plane.row, plane.column);
  }

  #capacity(): number {
    return this.slice === undefined ? 0 : capacityOf(sizeOf(this.slice.dataset), this.#shares);
  }
}

/** Tell whether as many pixels came as the image has: native ones that are cut off decode too. */
function isWhole(image: Types.IImage): boolean {
  const pixels = image.rows * image.columns * image.numberOfComponents;
  return (image.voxelManager?.getScalarDataLength() ?? 0) >= pixels;
}
