/**
 * The letters at the edges of an image: which side of the patient lies there.
 */
import { type Vector, negated } from "./vectors";

/** What stands at each edge, empty where it is not known. */
export interface Markers {
  top: string;
  right: string;
  bottom: string;
  left: string;
}

export const UNKNOWN: Markers = { top: "", right: "", bottom: "", left: "" };

const AXES = [
  ["L", "R"],
  ["P", "A"],
  ["H", "F"],
] as const;
const OBLIQUE = 0.2;
const OPPOSITE: Readonly<Record<string, string>> = {
  L: "R",
  R: "L",
  P: "A",
  A: "P",
  H: "F",
  F: "H",
};

/** Name a direction, the nearest axis first, others that count behind it: `L`, `HL`. */
export function lettersOf(direction: Vector): string {
  return AXES.map(([positive, negative], axis) => {
    const part = direction[axis] ?? 0;
    return { letter: part > 0 ? positive : negative, weight: Math.abs(part) };
  })
    .filter(({ weight }) => weight > OBLIQUE)
    .sort((one, other) => other.weight - one.weight)
    .map(({ letter }) => letter)
    .join("");
}

/** Name the edges of a view from what lies to its right and below, in patient coordinates. */
export function markersOf(right: Vector, down: Vector): Markers {
  return {
    top: lettersOf(negated(down)),
    right: lettersOf(right),
    bottom: lettersOf(down),
    left: lettersOf(negated(right)),
  };
}

/**
 * Name the edges of a projection (PS3.3 C.7.6.1.1.1): Patient Orientation says what lies to the
 * right of a row and below a column.
 */
export function projectionMarkers(patientOrientation: readonly string[]): Markers {
  const [right, bottom] = patientOrientation;
  if (!right || !bottom) {
    return UNKNOWN;
  }
  return { top: oppositeOf(bottom), right, bottom, left: oppositeOf(right) };
}

function oppositeOf(letters: string): string {
  return Array.from(letters, (letter) => OPPOSITE[letter] ?? "").join("");
}
