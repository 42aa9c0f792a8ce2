/**
 * How much of a study a browser tab holds: ward computers have 4 GB for everything.
 */
import { type Dataset, TAG, numbers } from "./dataset";

const MIB = 2 ** 20;

/** Pixels of all stacks together, in bytes. With the program itself a tab stays below 300 MB. */
export const STACK_BYTES = 192 * MIB;
/** Voxels of a reconstruction, in bytes; stacks give theirs up before. */
export const VOLUME_BYTES = 192 * MIB;

/** The size of an image as it is stored. */
export interface ImageSize {
  rows: number;
  columns: number;
  bitsAllocated: number;
  samplesPerPixel: number;
}

/** Return the size of an image. */
export function sizeOf(dataset: Dataset): ImageSize {
  const number = (tag: string, usual: number): number => numbers(dataset, tag)[0] ?? usual;
  return {
    rows: number(TAG.rows, 512),
    columns: number(TAG.columns, 512),
    bitsAllocated: number(TAG.bitsAllocated, 16),
    samplesPerPixel: number(TAG.samplesPerPixel, 1),
  };
}

export function bytesOf(size: ImageSize): number {
  return size.rows * size.columns * size.samplesPerPixel * Math.ceil(size.bitsAllocated / 8);
}

/** Return how many images one of several stacks may hold; a few in any case. */
export function capacityOf(size: ImageSize, stacks: number): number {
  return Math.max(8, Math.floor(STACK_BYTES / stacks / bytesOf(size)));
}

/** Return every how-manieth slice a reconstruction takes, so that it fits: 1 is all of them. */
export function strideOf(size: ImageSize, slices: number): number {
  return Math.max(1, Math.ceil((bytesOf(size) * slices) / VOLUME_BYTES));
}
