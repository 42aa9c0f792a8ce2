/** Cornerstone3D, started once a page: rendering, tools, the loader for WADO-RS. */

import {
  RenderingEngine,
  cache,
  getRenderingCapabilities,
  init as initRendering,
  setUseCPURendering,
} from "@cornerstonejs/core";
import { init as initLoader, wadors } from "@cornerstonejs/dicom-image-loader";
import { init as initTools } from "@cornerstonejs/tools";
import { purposeHeaders } from "../core/api";
import { STACK_BYTES, VOLUME_BYTES } from "./budget";
import type { Dataset } from "./dataset";
import type { Slice } from "./slices";

const DECODERS = 2;

/** Start everything; the page's panes are viewports of what is returned. */
export function startEngine(): RenderingEngine {
  initRendering();
  drawStacksByProcessor();
  initLoader({ maxWebWorkers: DECODERS, beforeSend: () => purposeHeaders() });
  initTools();
  // Panes let images go by themselves; this bound is never reached, else Cornerstone would choose.
  cache.setMaxCacheSize(2 * (STACK_BYTES + VOLUME_BYTES));
  return new RenderingEngine("images");
}

/**
 * Start the engine of reconstructions, `undefined` where the browser has no WebGL; `endVolumes`
 * ends it. Stacks are not drawn meanwhile.
 */
export function startVolumes(): RenderingEngine | undefined {
  if (!getRenderingCapabilities().webgl) {
    return undefined;
  }
  setUseCPURendering(false, false);
  return new RenderingEngine("volumes");
}

export function endVolumes(engine: RenderingEngine): void {
  engine.destroy();
  drawStacksByProcessor();
}

/** Without a graphics card, WebGL is imitated: then Cornerstone's own drawing is six times faster. */
function drawStacksByProcessor(): void {
  const { webgl, softwareRasterizer } = getRenderingCapabilities();
  setUseCPURendering(!webgl || softwareRasterizer, false);
}

/** Tell the loader what it has to know of slices before it can load them. */
export function describe(slices: readonly Slice[]): void {
  for (const slice of slices) {
    wadors.metaDataManager.add(slice.imageId, slice.dataset as never);
  }
}

/** Return what is known of an image, by Cornerstone's name for it. */
export function datasetOf(imageId: string): Dataset | undefined {
  return wadors.metaDataManager.get(imageId) as unknown as Dataset | undefined;
}
