/** Runs through a stack like a film. */

import { after, rateOf } from "./cine";
import type { Dataset } from "./dataset";

interface Place {
  index: number;
  count: number;
}

export class Film {
  rate: number | undefined;
  #timer: number | undefined;

  constructor(private readonly show: (index: number) => void) {}

  get isRunning(): boolean {
    return this.#timer !== undefined;
  }

  /** Run at the rate that was chosen, or else the one that the image asks for. */
  toggle(place: () => Place, dataset: Dataset | undefined): void {
    if (this.isRunning) {
      this.stop();
    } else if (place().count > 1) {
      this.rate ??= rateOf(dataset ?? {});
      this.#run(place);
    }
  }

  stop(): void {
    window.clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #run(place: () => Place): void {
    this.#timer = window.setInterval(() => {
      const { index, count } = place();
      this.show(after(index, count));
    }, 1000 / (this.rate ?? 1));
  }
}
