/** The stacks side by side: which one keys act on, and how scrolling in one moves the other. */

import type { RenderingEngine } from "@cornerstonejs/core";
import { need } from "../core/dom";
import { TAG, text } from "./dataset";
import { matchingSeries } from "./hanging";
import { type Link, begun, followed, linkOf } from "./linking";
import { StackPane } from "./stack_pane";
import type { Opening } from "./study";
import type { ToolBox } from "./tools";

export class Panes {
  isLinked = true;
  readonly template = need("#pane-template", HTMLTemplateElement);
  readonly place = need("#panes", HTMLElement);
  #panes: StackPane[] = [];
  #active = 0;
  #link: Link = { by: "share" };
  /** A banner of another height moves the image below it: until drawn anew, measures would be of another place. */
  readonly #fitted = new ResizeObserver(() => {
    if (!this.active.frame.root.hidden) {
      this.engine.resize(true, true);
      this.#scale();
    }
  });

  /**
   * @param activated another pane has become the active one
   * @param changed the active pane shows another slice or another window
   */
  constructor(
    private readonly engine: RenderingEngine,
    private readonly tools: ToolBox,
    private readonly activated: () => void,
    private readonly changed: () => void,
  ) {
    this.#add("left");
  }

  get active(): StackPane {
    const pane = this.#panes[this.#active] ?? this.#panes[0];
    if (pane === undefined) {
      throw new Error("There is always a pane");
    }
    return pane;
  }

  get all(): readonly StackPane[] {
    return this.#panes;
  }

  /** The active pane, and what is linked to it. */
  get linked(): readonly StackPane[] {
    return this.isLinked ? this.#panes : [this.active];
  }

  /** Make the pane behind the active one active, and give it the focus. */
  next(): void {
    this.#activate((this.#active + 1) % this.#panes.length);
    this.active.frame.root.focus();
  }

  /** Hang the series of a prior that is most like the one on show; return whether there is one. */
  async hang(prior: Opening): Promise<boolean> {
    const leader = this.#panes[0];
    const series = leader?.series && matchingSeries(prior.series, leader.series);
    if (leader === undefined || series === undefined) {
      return false;
    }
    const pane = this.#add("right");
    this.#share();
    await pane.open(prior, series);
    pane.scrollTo(begun(leader.stack, pane.stack, isSameFrame(leader, pane)));
    const window = leader.window();
    if (window !== undefined && series.modality === leader.series?.modality) {
      pane.setWindow(window);
    }
    pane.scaleAs(leader);
    await pane.settled();
    this.relink();
    return true;
  }

  /** Take the prior away. */
  unhang(): void {
    const [, prior] = this.#panes;
    if (prior !== undefined) {
      this.#active = 0;
      this.#panes = this.#panes.slice(0, 1);
      this.tools.removeStack(prior.id, this.engine.id);
      this.#fitted.unobserve(prior.frame.canvas);
      prior.close();
      this.#share();
      this.arrange();
    }
  }

  /** Take the distance between the stacks as it is now for what links them. */
  relink(): void {
    const other = this.#other();
    if (other !== undefined) {
      this.#link = linkOf(this.active.stack, other.stack);
    }
  }

  /** Lay the panes out anew, images fitted; behind something else they are hidden. */
  arrange(behind = ""): void {
    this.place.dataset["panes"] = behind === "" ? String(this.#panes.length) : behind;
    this.#panes.forEach((pane) => { pane.frame.root.hidden = behind !== ""; });
    this.#outline();
    if (behind === "") {
      this.engine.resize(true, false);
    }
  }

  /** Let linked panes show a millimetre as long as the first does. */
  #scale(): void {
    const [leader, ...others] = this.#panes;
    if (leader !== undefined && this.isLinked) {
      others.forEach((each) => { each.scaleAs(leader); });
    }
  }

  #add(id: string): StackPane {
    const pane = new StackPane(id, this.template, this.place, this.engine, {
      changed: (changed) => { this.#follow(changed); },
    });
    this.tools.addStack(id, this.engine.id);
    const index = this.#panes.push(pane) - 1;
    for (const kind of ["focusin", "pointerdown"]) {
      pane.frame.root.addEventListener(kind, () => { this.#activate(index); });
    }
    this.arrange();
    this.#fitted.observe(pane.frame.canvas);
    return pane;
  }

  #activate(index: number): void {
    if (index !== this.#active) {
      this.#active = index;
      this.relink();
      this.#outline();
      this.activated();
    }
  }

  #outline(): void {
    this.#panes.forEach((pane, index) => {
      pane.frame.root.classList.toggle("is-active", index === this.#active && this.#panes.length > 1);
    });
  }

  #share(): void {
    this.#panes.forEach((pane) => { pane.share(this.#panes.length); });
  }

  #other(): StackPane | undefined {
    return this.#panes.find((each) => each !== this.active);
  }

  #follow(changed: StackPane): void {
    const other = this.#other();
    if (changed === this.active) {
      if (this.isLinked && other !== undefined && other.slices.length > 0) {
        other.scrollTo(followed(changed.stack, other.stack, this.#link));
      }
      this.changed();
    }
  }
}

function isSameFrame(...panes: readonly StackPane[]): boolean {
  const [one, other] = panes.map(({ slice }) => (slice ? text(slice.dataset, TAG.frameOfReferenceUid) : ""));
  return one !== "" && one === other;
}
