/**
 * Three numbers in the patient's coordinates: left, posterior and head are positive (PS3.3 C.7.6.2).
 */
export type Vector = readonly [number, number, number];

export function dot(one: Vector, other: Vector): number {
  return one[0] * other[0] + one[1] * other[1] + one[2] * other[2];
}

export function cross(one: Vector, other: Vector): Vector {
  return [
    one[1] * other[2] - one[2] * other[1],
    one[2] * other[0] - one[0] * other[2],
    one[0] * other[1] - one[1] * other[0],
  ];
}

export function negated(vector: Vector): Vector {
  return [-vector[0], -vector[1], -vector[2]];
}
