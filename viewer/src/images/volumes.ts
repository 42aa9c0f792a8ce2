/** Which stacks can be cut along other planes. */

import { type ImageSize, strideOf } from "./budget";

/** How a stack can be reconstructed: by every how-manieth slice, or why it cannot. */
export type Plan = { stride: number } | { refusal: "modality" | "slices" | "spacing" };

const MODALITIES: ReadonlySet<string> = new Set(["CT", "MR"]);
const FEWEST = 4;
const UNEVEN = 0.1;

/** Plan the reconstruction of a stack: CT or MR, enough slices, evenly spaced. */
export function planOf(modality: string, positions: readonly number[], size: ImageSize): Plan {
  if (!MODALITIES.has(modality)) {
    return { refusal: "modality" };
  }
  if (positions.length < FEWEST) {
    return { refusal: "slices" };
  }
  const gaps = positions.slice(1).map((each, index) => Math.abs(each - (positions[index] ?? 0)));
  const mean = gaps.reduce((sum, each) => sum + each, 0) / gaps.length;
  if (gaps.some((gap) => Math.abs(gap - mean) > UNEVEN * mean)) {
    return { refusal: "spacing" };
  }
  return { stride: strideOf(size, positions.length) };
}
