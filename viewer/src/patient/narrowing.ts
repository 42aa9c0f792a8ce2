/** Which exams of the timeline are shown, and under which headings. */

export interface Exam {
  hospital: string;
  modality: string;
  region: string;
  /** The date performed, as 2026-11-20. */
  day: string;
}

export interface Wanted {
  hospital: string;
  modality: string;
  region: string;
  /** How many days back from today; empty: all. */
  days: string;
}

const DAY_MS = 24 * 3600 * 1000;

/** Tell whether an exam is wanted; an empty wish is none. */
export function isWanted(exam: Exam, wanted: Wanted, today: string): boolean {
  return (
    agrees(wanted.hospital, exam.hospital) &&
    agrees(wanted.modality, exam.modality) &&
    agrees(wanted.region, exam.region) &&
    (wanted.days === "" || daysBetween(exam.day, today) <= Number(wanted.days))
  );
}

/** Count the days from one date to another. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);
}

/** Group things by a heading; headings stand in the order of their first thing. */
export function grouped<T>(things: readonly T[], headingOf: (thing: T) => string): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const each of things) {
    const heading = headingOf(each);
    groups.set(heading, [...(groups.get(heading) ?? []), each]);
  }
  return [...groups];
}

function agrees(wish: string, value: string): boolean {
  return wish === "" || wish === value;
}
