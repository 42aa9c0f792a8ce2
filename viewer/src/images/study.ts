/** What the server says of a study before its images come, and of its series behind them. */

import { ask } from "../core/api";
import type { Dataset } from "./dataset";
import type { Prior, Series } from "./hanging";

export const DICOMWEB = "/dicom-web";

/** The banner of a viewport, in the words of the page. */
export interface Banner {
  name: string;
  /** Sex, birth and age, identifiers, the hospital that issued them. */
  details: readonly string[];
}

/** All that is needed to show a study's first image, and what else there is. */
export interface Opening {
  studyInstanceUid: string;
  /** YYYY-MM-DD, empty where it is not known. */
  date: string;
  description: string;
  facility: string;
  banner: Banner;
  series: readonly Series[];
  /** The first image of the first series that has images; null where none has. */
  first: Dataset | null;
  priors: readonly Prior[];
}

/** Return a study's opening; a refusal is a `Problem`. */
export async function openStudy(studyInstanceUid: string): Promise<Opening> {
  return (await ask("GET", `/viewer/studies/${studyInstanceUid}/opening`)) as Opening;
}

/** Return the metadata of a series. */
export async function seriesMetadata(study: string, series: string): Promise<Dataset[]> {
  const address = `${DICOMWEB}/studies/${study}/series/${series}/metadata`;
  return (await ask("GET", address, { headers: { Accept: "application/dicom+json" } })) as Dataset[];
}
