/**
 * Running through a stack like a film.
 */
import { type Dataset, TAG, numbers } from "./dataset";

export const RATE = { lowest: 1, highest: 60, usual: 10 } as const;

/** Return the frames a second that an image asks for (PS3.3 C.7.6.5), within what can be shown. */
export function rateOf(dataset: Dataset): number {
  const frameTime = numbers(dataset, TAG.frameTime)[0] ?? 0;
  const asked = [
    numbers(dataset, TAG.recommendedFrameRate)[0] ?? 0,
    numbers(dataset, TAG.cineRate)[0] ?? 0,
    frameTime > 0 ? 1000 / frameTime : 0,
  ].find((rate) => rate > 0);
  return bounded(Math.round(asked ?? RATE.usual));
}

/** Hold a rate to what can be shown. */
export function bounded(rate: number): number {
  return Math.min(RATE.highest, Math.max(RATE.lowest, rate));
}

/** Return the slice behind one, around the end of the stack. */
export function after(index: number, count: number): number {
  return (index + 1) % count;
}
