/**
 * What to load next, and what to let go, while somebody looks at one slice of a stack.
 */

/** A decision: load one slice, let one go to make room, or both. */
export interface Step {
  load?: number;
  drop?: number;
}

/** Yield the other slices of a stack from the nearest to the farthest, forwards first. */
export function* outwards(current: number, count: number): Generator<number> {
  for (let distance = 1; distance < count; distance += 1) {
    if (current + distance < count) {
      yield current + distance;
    }
    if (current - distance >= 0) {
      yield current - distance;
    }
  }
}

/**
 * Decide the next step, `undefined` when nothing is left to do.
 *
 * @param has which slices are loaded or on their way
 * @param capacity how many slices may be held, the current one included
 */
export function nextStep(
  current: number,
  count: number,
  has: ReadonlySet<number>,
  capacity: number,
): Step | undefined {
  const drop = farthest(current, has);
  if (has.size > capacity) {
    return { drop };
  }
  const load = nearestMissing(current, count, has);
  if (load === undefined) {
    return undefined;
  }
  if (has.size < capacity) {
    return { load };
  }
  return Math.abs(drop - current) > Math.abs(load - current) ? { load, drop } : undefined;
}

function nearestMissing(
  current: number,
  count: number,
  has: ReadonlySet<number>,
): number | undefined {
  for (const index of outwards(current, count)) {
    if (!has.has(index)) {
      return index;
    }
  }
  return undefined;
}

function farthest(current: number, has: ReadonlySet<number>): number {
  let found = current;
  for (const index of has) {
    if (Math.abs(index - current) > Math.abs(found - current)) {
      found = index;
    }
  }
  return found;
}
