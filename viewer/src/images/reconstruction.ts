/** Multiplanar reconstruction: a series cut along the three axes of the patient. */

import {
  Enums,
  type RenderingEngine,
  type VolumeViewport,
  cache,
  setVolumesForViewports,
  utilities,
  volumeLoader,
} from "@cornerstonejs/core";
import { t } from "../core/words";
import { endVolumes } from "./engine";
import { Frame } from "./frame";
import { wordsOfWindow } from "./names";
import { markersOf } from "./orientation";
import type { StackPane } from "./stack_pane";
import { cross, negated } from "./vectors";
import { type Range, type Window, rangeOf } from "./windows";

const VOLUME = "cornerstoneStreamingImageVolume:reconstruction";
const PLANES = [
  ["axial", Enums.OrientationAxis.AXIAL],
  ["sagittal", Enums.OrientationAxis.SAGITTAL],
  ["coronal", Enums.OrientationAxis.CORONAL],
] as const;

/** The three panes of a reconstruction. */
export class Reconstruction {
  readonly viewportIds: readonly string[] = PLANES.map(([name]) => `mpr-${name}`);
  readonly #frames: readonly Frame[];
  readonly #fitted = new ResizeObserver(() => { this.engine.resize(true, true); });
  #active = 0;

  constructor(
    template: HTMLTemplateElement,
    place: Element,
    readonly engine: RenderingEngine,
    private readonly source: StackPane,
  ) {
    this.#frames = PLANES.map(([name, orientation], index) => {
      const frame = new Frame(template);
      frame.root.classList.add("pane-mpr");
      frame.root.setAttribute("aria-label", t(`images.plane.${name}`));
      frame.root.addEventListener("focusin", () => { this.#active = index; });
      frame.root.addEventListener("pointerdown", () => { this.#active = index; });
      place.append(frame.root);
      engine.enableElement({
        viewportId: `mpr-${name}`,
        type: Enums.ViewportType.ORTHOGRAPHIC,
        element: frame.canvas,
        defaultOptions: { orientation },
      });
      this.#fitted.observe(frame.canvas);
      frame.canvas.addEventListener(Enums.Events.VOI_MODIFIED, (event) => {
        const { range } = (event as CustomEvent<{ range: Range }>).detail;
        frame.write("window", wordsOfWindow(source.named(range)));
      });
      return frame;
    });
  }

  /** The viewport that keys act on. */
  get active(): VolumeViewport {
    return this.engine.getViewport<VolumeViewport>(this.viewportIds[this.#active] ?? "");
  }

  get viewports(): VolumeViewport[] {
    return this.viewportIds.map((id) => this.engine.getViewport<VolumeViewport>(id));
  }

  /** Load the volume and show it; every how-manieth slice is taken is said where it is not each. */
  async show(stride: number): Promise<void> {
    const imageIds = this.source.slices.filter((_, index) => index % stride === 0).map((slice) => slice.imageId);
    const volume = await volumeLoader.createAndCacheVolume(VOLUME, { imageIds });
    (volume as unknown as { load: () => void }).load();
    await setVolumesForViewports(this.engine, [{ volumeId: VOLUME }], [...this.viewportIds]);
    const shown = this.source.window();
    if (shown !== undefined) {
      this.setWindow(shown);
    }
    this.#frames.forEach((frame, index) => { this.#dress(frame, index, stride); });
    this.engine.renderViewports([...this.viewportIds]);
  }

  window(): Window | undefined {
    const range = this.active.getProperties()?.voiRange;
    return range && this.source.named(range);
  }

  setWindow(window: Pick<Window, "centre" | "width">): void {
    this.viewports.forEach((each) => {
      each.setProperties({ voiRange: rangeOf(window) });
      each.render();
    });
  }

  invert(): void {
    this.viewports.forEach((each) => {
      each.setProperties({ invert: each.getProperties()?.invert !== true });
      each.render();
    });
  }

  /** Show the planes as they were opened, in the window that is on show. */
  reset(): void {
    this.viewports.forEach((each) => {
      each.resetCamera();
      each.render();
    });
  }

  scrollBy(count: number): void {
    utilities.scroll(this.active as never, { delta: count, volumeId: VOLUME });
  }

  close(): void {
    this.#fitted.disconnect();
    endVolumes(this.engine);
    this.#frames.forEach((frame) => { frame.root.remove(); });
    cache.removeVolumeLoadObject(VOLUME);
  }

  #dress(frame: Frame, index: number, stride: number): void {
    const { opening, series } = this.source;
    const name = PLANES[index]?.[0] ?? "axial";
    if (opening !== undefined) {
      frame.showBanner(opening.banner, [opening.date, opening.facility, series?.description ?? ""]);
    }
    frame.write("place", stride === 1 ? t(`images.plane.${name}`) : t("images.plane.thinned", { plane: t(`images.plane.${name}`), stride }));
    const viewport = this.viewports[index];
    if (viewport !== undefined) {
      const { viewUp, viewPlaneNormal } = viewport.getCamera();
      if (viewUp !== undefined && viewPlaneNormal !== undefined) {
        frame.showMarkers(markersOf(cross(viewUp, viewPlaneNormal), negated(viewUp)));
      }
    }
  }
}
