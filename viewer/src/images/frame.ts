/** The frame around a viewport: banner, edges, what is shown, progress, and failures. */

import { need } from "../core/dom";
import type { Markers } from "./orientation";
import type { Banner } from "./study";

const LOADED = "#5fb3ce";
const CURRENT = "#ffffff";

/** One pane of the page, made from its template. */
export class Frame {
  readonly root: HTMLElement;
  readonly canvas: HTMLDivElement;
  readonly slider: HTMLInputElement;
  readonly retry: HTMLButtonElement;
  readonly #strip: HTMLCanvasElement;

  constructor(template: HTMLTemplateElement) {
    const copy = template.content.cloneNode(true) as DocumentFragment;
    this.root = need("section", HTMLElement, copy);
    this.canvas = need("[data-part=canvas]", HTMLDivElement, copy);
    this.slider = need("[data-part=slices]", HTMLInputElement, copy);
    this.retry = need("[data-part=retry]", HTMLButtonElement, copy);
    this.#strip = need("[data-part=strip]", HTMLCanvasElement, copy);
  }

  showBanner(banner: Banner, study: readonly string[]): void {
    this.write("name", banner.name);
    this.write("details", banner.details.join(" · "));
    this.write("study", study.filter((each) => each !== "").join(" · "));
  }

  showMarkers(markers: Markers): void {
    for (const [edge, letters] of Object.entries(markers)) {
      this.write(edge, letters as string);
    }
  }

  /** Cover the image with a message, so that no other image is taken for the one that failed. */
  showFailure(sentence: string): void {
    this.write("failure", sentence);
    this.part("cover").hidden = false;
  }

  clearFailure(): void {
    this.part("cover").hidden = true;
  }

  /** Show which slices are there, and where among them the current one is. */
  showProgress(current: number, count: number, loaded: ReadonlySet<number>): void {
    const brush = this.#strip.getContext("2d");
    this.#strip.width = Math.max(1, count);
    if (brush === null) {
      return;
    }
    brush.fillStyle = LOADED;
    loaded.forEach((index) => { brush.fillRect(index, 0, 1, 1); });
    brush.fillStyle = CURRENT;
    brush.fillRect(current, 0, 1, 1);
    this.root.classList.toggle("is-whole", loaded.size >= count);
  }

  showPlace(current: number, count: number, words: string): void {
    this.slider.max = String(Math.max(0, count - 1));
    this.slider.value = String(current);
    this.slider.disabled = count < 2;
    this.slider.setAttribute("aria-valuetext", words);
    this.write("place", words);
  }

  write(part: string, words: string): void {
    this.part(part).textContent = words;
  }

  part(name: string): HTMLElement {
    return need(`[data-part=${name}]`, HTMLElement, this.root);
  }
}
