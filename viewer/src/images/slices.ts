/**
 * The slices of a series, in the order in which one scrolls through them.
 */
import { type Dataset, TAG, items, numbers, text } from "./dataset";
import { type Vector, cross, dot } from "./vectors";

/** One frame of one instance. */
export interface Slice {
  /** What Cornerstone calls the image: `wadors:` and the address of the frame. */
  imageId: string;
  sopInstanceUid: string;
  instanceNumber: number;
  /** From 1 on. */
  frame: number;
  dataset: Dataset;
  /** Where along the normal of the stack it lies, in millimetres; absent without a plane. */
  position?: number;
}

const SAME_DIRECTION = 0.999;

/** Return the address of a frame, as Cornerstone's loader for WADO-RS names images. */
export function imageIdOf(root: string, study: string, dataset: Dataset, frame: number): string {
  const series = text(dataset, TAG.seriesInstanceUid);
  const instance = text(dataset, TAG.sopInstanceUid);
  return `wadors:${root}/studies/${study}/series/${series}/instances/${instance}/frames/${String(frame)}`;
}

/** Tell whether an instance holds pixels that can be shown as an image. */
export function isImage(dataset: Dataset): boolean {
  return numbers(dataset, TAG.rows).length > 0 && numbers(dataset, TAG.bitsAllocated).length > 0;
}

/** Return the frames of the images among instances, in order. */
export function slicesOf(root: string, study: string, datasets: readonly Dataset[]): Slice[] {
  return inOrder(datasets.filter(isImage).flatMap((each) => framesOf(root, study, each)));
}

function framesOf(root: string, study: string, dataset: Dataset): Slice[] {
  const count = numbers(dataset, TAG.numberOfFrames)[0] ?? 1;
  return Array.from({ length: count }, (_, index) => ({
    imageId: imageIdOf(root, study, dataset, index + 1),
    sopInstanceUid: text(dataset, TAG.sopInstanceUid),
    instanceNumber: numbers(dataset, TAG.instanceNumber)[0] ?? Number.MAX_SAFE_INTEGER,
    frame: index + 1,
    dataset,
  }));
}

/**
 * Sort slices by where they lie in the patient, or by their numbers where that cannot be known:
 * some have no plane, the planes are not parallel (a localizer), or two lie in one place (time).
 */
export function inOrder(slices: readonly Slice[]): Slice[] {
  const positions = positionsOf(slices);
  const numbered = [...slices].sort(byNumber);
  if (positions === undefined) {
    return numbered;
  }
  const placed = slices.map((slice, index) => ({ ...slice, position: positions[index] ?? 0 }));
  placed.sort((one, other) => one.position - other.position);
  const first = placed[0];
  // The end from which the scanner counted comes first: the radiologist's "slice 1" stays it.
  return first !== undefined && isCountedBackwards(placed) ? placed.reverse() : placed;
}

function byNumber(one: Slice, other: Slice): number {
  return one.instanceNumber - other.instanceNumber || one.frame - other.frame;
}

function isCountedBackwards(placed: readonly Slice[]): boolean {
  const first = placed[0];
  const last = placed.at(-1);
  return first !== undefined && last !== undefined && byNumber(first, last) > 0;
}

function positionsOf(slices: readonly Slice[]): number[] | undefined {
  const planes = slices.map((slice) => planeOf(slice.dataset, slice.frame));
  const normal = planes[0]?.normal;
  if (normal === undefined || planes.length < 2) {
    return undefined;
  }
  const positions: number[] = [];
  for (const plane of planes) {
    if (plane === undefined || Math.abs(dot(plane.normal, normal)) < SAME_DIRECTION) {
      return undefined;
    }
    positions.push(dot(plane.origin, normal));
  }
  const distinct = new Set(positions.map((each) => each.toFixed(3)));
  return distinct.size === positions.length ? positions : undefined;
}

/** Where a frame lies in the patient. */
export interface Plane {
  origin: Vector;
  /** Direction of a row, to the right of the image. */
  row: Vector;
  /** Direction of a column, downwards. */
  column: Vector;
  normal: Vector;
}

/** Return the plane of a frame (PS3.3 C.7.6.2 and, of multi-frame images, C.7.6.16.2). */
export function planeOf(dataset: Dataset, frame: number): Plane | undefined {
  const perFrame = items(dataset, TAG.perFrameGroups)[frame - 1];
  const groups = [perFrame, items(dataset, TAG.sharedGroups)[0], dataset];
  const origin = firstOf(groups, TAG.planePosition, TAG.imagePosition, 3);
  const cosines = firstOf(groups, TAG.planeOrientation, TAG.imageOrientation, 6);
  if (origin === undefined || cosines === undefined) {
    return undefined;
  }
  const row = cosines.slice(0, 3) as unknown as Vector;
  const column = cosines.slice(3) as unknown as Vector;
  return { origin: origin as unknown as Vector, row, column, normal: cross(row, column) };
}

function firstOf(
  groups: readonly (Dataset | undefined)[],
  sequence: string,
  tag: string,
  count: number,
): number[] | undefined {
  for (const group of groups) {
    if (group !== undefined) {
      const values = numbers(items(group, sequence)[0] ?? group, tag);
      if (values.length === count) {
        return values;
      }
    }
  }
  return undefined;
}
