/** Loads the slices around the current one, within the budget, nearest first. */

import { cache, imageLoader, Enums } from "@cornerstonejs/core";
import { nextStep } from "./prefetch";

const AT_ONCE = 4;
const PRIORITY = 10; // behind what somebody waits for

/** Keeps one stack loaded. */
export class Prefetcher {
  /** Slices that are there. */
  readonly loaded = new Set<number>();
  /** Slices that are there or on their way. */
  readonly #has = new Set<number>();
  #imageIds: readonly string[] = [];
  #current = 0;
  #capacity = 0;
  #underWay = 0;
  #round = 0;

  constructor(private readonly changed: () => void) {}

  /** Begin with another stack, what the old one held is let go. */
  start(imageIds: readonly string[], current: number, capacity: number): void {
    this.stop();
    this.#imageIds = imageIds;
    this.#current = current;
    this.#capacity = capacity;
    this.#has.add(current);
    imageIds.forEach((imageId, index) => {
      if (cache.isLoaded(imageId)) {
        this.#has.add(index);
        this.loaded.add(index);
      }
    });
    this.#pump();
  }

  /** Load around another slice, which its viewport loads itself. */
  moveTo(current: number): void {
    this.#current = current;
    this.#has.add(current);
    this.loaded.add(current);
    this.#pump();
  }

  resize(capacity: number): void {
    this.#capacity = capacity;
    this.#pump();
  }

  /** Stop loading, and let everything go. */
  stop(): void {
    this.#round += 1;
    this.#underWay = 0;
    this.#has.forEach((index) => { this.#drop(index); });
    this.#imageIds = [];
  }

  #pump(): void {
    while (this.#imageIds.length > 0 && this.#underWay < AT_ONCE) {
      const step = nextStep(this.#current, this.#imageIds.length, this.#has, this.#capacity);
      if (step === undefined) {
        break;
      }
      if (step.drop !== undefined) {
        this.#drop(step.drop);
      }
      if (step.load !== undefined) {
        this.#has.add(step.load);
        void this.#load(step.load, this.#round);
      }
    }
    this.changed();
  }

  async #load(index: number, round: number): Promise<void> {
    this.#underWay += 1;
    const imageId = this.#imageIds[index] ?? "";
    const options = {
      useRGBA: false,
      priority: PRIORITY,
      requestType: Enums.RequestType.Prefetch,
      additionalDetails: { imageId },
    };
    const isThere = await imageLoader.loadAndCacheImage(imageId, options).then(
      () => true,
      () => false, // told when somebody scrolls there
    );
    if (round !== this.#round) {
      return;
    }
    this.#underWay -= 1;
    if (isThere && this.#has.has(index)) {
      this.loaded.add(index);
    }
    this.#pump();
  }

  #drop(index: number): void {
    const imageId = this.#imageIds[index] ?? "";
    if (cache.getImageLoadObject(imageId) !== undefined) {
      cache.removeImageLoadObject(imageId);
    }
    this.#has.delete(index);
    this.loaded.delete(index);
  }
}
