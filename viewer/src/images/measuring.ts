/** Measuring by keys: a measure is put into the middle, and arrows move one of its ends. */

import { utilities as core, type StackViewport } from "@cornerstonejs/core";
import { EllipticalROITool, LengthTool, annotation, utilities } from "@cornerstonejs/tools";
import type { Tool } from "./buttons";

type Point2 = [number, number];
type Point3 = [number, number, number];
const REACH = 40; // pixels of the screen from the middle

/** The measure that the arrows move. */
export class HeldMeasure {
  #uid = "";

  constructor(private readonly viewport: StackViewport, private readonly tool: Tool) {}

  /** Put it into the middle of what is shown. */
  place(): void {
    const { canvas } = this.viewport;
    const [x, y] = [canvas.clientWidth / 2, canvas.clientHeight / 2];
    this.#uid = core.uuidv4();
    const options = { annotationUID: this.#uid };
    const at = (dx: number, dy: number): Point3 => [...this.viewport.canvasToWorld([x + dx, y + dy])];
    if (this.tool === "ellipse") {
      const half = REACH / 2;
      const points = [at(0, half), at(0, -half), at(-REACH, 0), at(REACH, 0)];
      EllipticalROITool.hydrate(this.viewport.id, points, options);
    } else {
      LengthTool.hydrate(this.viewport.id, [at(-REACH, 0), at(REACH, 0)], options);
    }
  }

  /** Move its end, or with `whole` all of it, by pixels of the screen. */
  move(dx: number, dy: number, whole: boolean): void {
    const held = annotation.state.getAnnotation(this.#uid) as ReturnType<typeof annotation.state.getAnnotation> | undefined;
    const points = held?.data.handles?.points;
    if (held === undefined || points === undefined) {
      return; // removed meanwhile
    }
    const shifted = points.map((point) => this.#shifted(point, dx, dy));
    this.#moved(points, shifted, whole).forEach((point, index) => { points[index] = point; });
    held.invalidated = true;
    utilities.triggerAnnotationRenderForViewportIds([this.viewport.id]);
  }

  #moved(points: readonly Point3[], shifted: readonly Point3[], whole: boolean): readonly Point3[] {
    if (whole) {
      return shifted;
    }
    // A line's second end; an ellipse grows about its middle by what its right and lower ends move.
    return this.tool === "ellipse" ? this.#grown(points, shifted) : [points[0] ?? [0, 0, 0], shifted[1] ?? [0, 0, 0]];
  }

  #grown(points: readonly Point3[], shifted: readonly Point3[]): Point3[] {
    const seen = (point: Point3 | undefined): Point2 => [...this.viewport.worldToCanvas(point ?? [0, 0, 0])];
    const [bottom, right] = [seen(points[0]), seen(points[3])];
    const [movedBottom, movedRight] = [seen(shifted[0]), seen(shifted[3])];
    const [x, y] = [bottom[0], right[1]];
    const across = Math.max(2, movedRight[0] - x);
    const down = Math.max(2, movedBottom[1] - y);
    const at = (dx: number, dy: number): Point3 => [...this.viewport.canvasToWorld([x + dx, y + dy])];
    return [at(0, down), at(0, -down), at(-across, 0), at(across, 0)];
  }

  #shifted(point: Point3, dx: number, dy: number): Point3 {
    const [x, y] = this.viewport.worldToCanvas(point);
    return [...this.viewport.canvasToWorld([x + dx, y + dy])];
  }
}

/** Remove every measure of the images on show. */
export function removeMeasures(viewports: readonly { element: HTMLDivElement; id: string }[]): void {
  for (const { element, id } of viewports) {
    for (const name of [LengthTool.toolName, EllipticalROITool.toolName]) {
      const found = annotation.state.getAnnotations(name, element);
      [...found].forEach((each) => { annotation.state.removeAnnotation(each.annotationUID ?? ""); });
    }
    utilities.triggerAnnotationRenderForViewportIds([id]);
  }
}
