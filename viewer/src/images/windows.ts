/**
 * Windows: which grey values are shown, and the presets on the keys `1` to `9`.
 */
import { type Dataset, TAG, items, numbers, text, texts } from "./dataset";

/** A window, its centre and width in the units of the modality (CT: HU). */
export interface Window {
  /** What it shows: the name of a preset of ours, or the words of the file. */
  name: string;
  centre: number;
  width: number;
}

const CT: readonly Window[] = [
  { name: "lung", centre: -600, width: 1500 },
  { name: "mediastinum", centre: 40, width: 400 },
  { name: "bone", centre: 400, width: 1800 },
  { name: "brain", centre: 40, width: 80 },
  { name: "abdomen", centre: 50, width: 350 },
];
/** The names of the presets, for which the page has words. */
export const PRESETS: ReadonlySet<string> = new Set(CT.map((each) => each.name));
const OF_MODALITY: Readonly<Record<string, readonly Window[]>> = { CT };
const MOST = 9;

/** The lowest and the highest value that is shown as other than black and white. */
export interface Range {
  lower: number;
  upper: number;
}

/** Return the windows that an image states (PS3.3 C.11.2), those that cannot be used left out. */
export function statedWindows(dataset: Dataset): Window[] {
  const centres = numbers(dataset, TAG.windowCentre);
  const widths = numbers(dataset, TAG.windowWidth);
  const names = texts(dataset, TAG.windowExplanation);
  return centres
    .map((centre, index) => ({ name: names[index] ?? "", centre, width: widths[index] ?? 0 }))
    .filter((window) => window.width >= 1);
}

/** Return the windows on the keys `1` to `9`: the presets of the modality, then the image's own. */
export function choicesFor(dataset: Dataset): Window[] {
  const presets = OF_MODALITY[text(dataset, TAG.modality)] ?? [];
  const own = statedWindows(dataset).filter((window) => !presets.some((each) => isSame(each, window)));
  return [...presets, ...own].slice(0, MOST);
}

/**
 * Return the window in which an image opens: the first that it states, else the values that its
 * table maps; `undefined` where it says nothing, so that its full range is shown.
 */
export function openingWindow(dataset: Dataset): Window | undefined {
  return statedWindows(dataset)[0] ?? tableWindow(dataset);
}

/** Return the values that the first VOI LUT of an image maps, as a window. */
function tableWindow(dataset: Dataset): Window | undefined {
  const table = items(dataset, TAG.voiLutSequence)[0];
  const [entries, first] = table === undefined ? [] : numbers(table, TAG.lutDescriptor);
  if (table === undefined || entries === undefined || first === undefined) {
    return undefined;
  }
  const width = entries === 0 ? 65536 : entries; // PS3.3 C.11.2.1.1
  return { name: text(table, TAG.lutExplanation), centre: first + width / 2, width };
}

export function isSame(one: Window, other: Window): boolean {
  return one.centre === other.centre && one.width === other.width;
}

/**
 * Return the range of a window of the function LINEAR (PS3.3 C.11.2.1.2.1): black up to
 * `centre - 0.5 - (width - 1) / 2`, white above `centre - 0.5 + (width - 1) / 2`.
 */
export function rangeOf(window: Pick<Window, "centre" | "width">): Range {
  const half = (window.width - 1) / 2;
  return { lower: window.centre - 0.5 - half, upper: window.centre - 0.5 + half };
}

/** Return the centre and the width of a range; the inverse of `rangeOf`. */
export function windowOf(range: Range): Pick<Window, "centre" | "width"> {
  return { centre: (range.lower + range.upper) / 2 + 0.5, width: range.upper - range.lower + 1 };
}
