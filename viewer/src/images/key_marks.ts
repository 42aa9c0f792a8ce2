/** Key images: those that the study's documents name, and those marked while this page is open. */

import { keyInstances, nextKey } from "./key_images";
import type { Slice } from "./slices";
import { type Opening, seriesMetadata } from "./study";

export class KeyImages {
  readonly #marked = new Set<string>();
  readonly #unmarked = new Set<string>();
  #named: ReadonlySet<string> = new Set();

  constructor(private readonly opening: Opening) {}

  /** Read the key object selections of the study; a refusal is a `Problem`. */
  async read(): Promise<void> {
    const series = this.opening.series.filter((each) => each.modality === "KO");
    const documents = await Promise.all(
      series.map((each) => seriesMetadata(this.opening.studyInstanceUid, each.seriesInstanceUid)),
    );
    this.#named = keyInstances(documents.flat());
  }

  isKey(slice: Slice): boolean {
    const isNamed = this.#named.has(slice.sopInstanceUid) && !this.#unmarked.has(slice.imageId);
    return isNamed || this.#marked.has(slice.imageId);
  }

  /** Mark a slice, or take its mark away; return whether it is marked now. */
  toggle(slice: Slice): boolean {
    const wasKey = this.isKey(slice);
    this.#marked.delete(slice.imageId);
    this.#unmarked.delete(slice.imageId);
    (wasKey ? this.#unmarked : this.#marked).add(slice.imageId);
    return !wasKey;
  }

  next(slices: readonly Slice[], index: number): number | undefined {
    return nextKey(slices.map((slice) => this.isKey(slice)), index);
  }
}
