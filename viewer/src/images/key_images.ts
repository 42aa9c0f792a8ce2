/**
 * Key images: those that a Key Object Selection document of the study names (PS3.3 A.35.4).
 */
import { type Dataset, TAG, items, text } from "./dataset";

const KEY_OBJECT_SELECTION = "1.2.840.10008.5.1.4.1.1.88.59";

/** Return the instances that the documents of a study name. */
export function keyInstances(datasets: readonly Dataset[]): Set<string> {
  const named = datasets
    .filter((each) => text(each, TAG.sopClassUid) === KEY_OBJECT_SELECTION)
    .flatMap((document) => items(document, TAG.currentEvidence))
    .flatMap((study) => items(study, TAG.referencedSeries))
    .flatMap((series) => items(series, TAG.referencedSopSequence))
    .map((reference) => text(reference, TAG.referencedSopInstanceUid));
  return new Set(named);
}

/** Return the next key image behind one, around the end; `undefined` where there is none. */
export function nextKey(isKey: readonly boolean[], index: number): number | undefined {
  for (let step = 1; step <= isKey.length; step += 1) {
    const place = (index + step) % isKey.length;
    if (isKey[place]) {
      return place;
    }
  }
  return undefined;
}
