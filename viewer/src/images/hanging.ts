/**
 * What is hung beside what: which prior is compared, and which of its series.
 */

/** A series as the opening page of a study lists it. */
export interface Series {
  seriesInstanceUid: string;
  number: number | null;
  modality: string;
  description: string;
  bodyPart: string;
  instanceCount: number;
}

/** Another study of the same person. */
export interface Prior {
  studyInstanceUid: string;
  /** YYYY-MM-DD, empty where it is not known. */
  date: string;
  modalities: readonly string[];
  description: string;
  facility: string;
}

const NO_IMAGES = new Set(["SR", "DOC", "KO", "PR", "ECG", "HD", "AU", "SEG", "RTSTRUCT"]);

/** Return the series that can be shown as images. */
export function shown(series: readonly Series[]): Series[] {
  return series.filter((each) => !NO_IMAGES.has(each.modality));
}

/** Return the priors that have something of a modality, the newest first. */
export function comparable(priors: readonly Prior[], modality: string): Prior[] {
  return priors
    .filter((prior) => prior.modalities.includes(modality))
    .sort((one, other) => other.date.localeCompare(one.date));
}

/**
 * Return the prior to begin with: the newest before a date that was described alike, else the
 * newest before it, else the newest of all.
 */
export function chosenPrior(
  priors: readonly Prior[],
  study: Pick<Prior, "date" | "description">,
): Prior | undefined {
  const earlier = priors.filter((prior) => prior.date < study.date);
  return (
    earlier.find((prior) => prior.description === study.description) ?? earlier[0] ?? priors[0]
  );
}

/** Return the series of a prior that is most like the one on show. */
export function matchingSeries(candidates: readonly Series[], like: Series): Series | undefined {
  const score = (each: Series): number =>
    (each.modality === like.modality ? 4 : 0) +
    (each.bodyPart === like.bodyPart ? 2 : 0) +
    (each.description === like.description ? 1 : 0);
  return [...shown(candidates)].sort((one, other) => score(other) - score(one))[0];
}
