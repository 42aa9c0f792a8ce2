/** The tools of the mouse and of fingers, as Cornerstone has them, on the buttons that were chosen. */

import {
  CrosshairsTool,
  EllipticalROITool,
  Enums,
  LengthTool,
  PanTool,
  StackScrollTool,
  ToolGroupManager,
  type Types,
  WindowLevelTool,
  ZoomTool,
  addTool,
  annotation,
} from "@cornerstonejs/tools";
import { t } from "../core/words";
import type { Assignment, Button, Tool } from "./buttons";
import { datasetOf } from "./engine";
import { calibrationOf, lengthText, unitOf } from "./measures";

const ALL = [StackScrollTool, WindowLevelTool, PanTool, ZoomTool, LengthTool, EllipticalROITool];
// As Cornerstone names them; some of its classes do not tell the compiler.
const NAMES: Readonly<Record<Tool, string>> = {
  scroll: "StackScroll",
  window: "WindowLevel",
  pan: "Pan",
  zoom: "Zoom",
  length: LengthTool.toolName,
  ellipse: EllipticalROITool.toolName,
};
const CROSSHAIRS = "Crosshairs";
const { MouseBindings } = Enums;
const MOUSE: Readonly<Record<Button, Enums.MouseBindings>> = {
  primary: MouseBindings.Primary,
  secondary: MouseBindings.Secondary,
  auxiliary: MouseBindings.Auxiliary,
};
const MEASURES: ReadonlySet<Tool> = new Set(["length", "ellipse"]);

type Group = NonNullable<ReturnType<typeof ToolGroupManager.createToolGroup>>;
type Statistics = Record<string, Record<string, unknown>>;

/** The tools of the stacks, and those of reconstructions, which have crosshairs besides. */
export class ToolBox {
  readonly #stacks: Group;
  readonly #volumes: Group;

  constructor() {
    [...ALL, CrosshairsTool].forEach((tool) => { addTool(tool); });
    this.#stacks = groupOf("stacks");
    this.#volumes = groupOf("volumes");
    // The lines move; they neither turn nor thicken the planes.
    this.#volumes.addTool(CROSSHAIRS, {
      getReferenceLineDraggableRotatable: () => false,
      getReferenceLineSlabThicknessControlsOn: () => false,
      mobile: { enabled: false }, // would show handles on a phone for both
    });
    const { style } = annotation.config;
    style.setDefaultToolStyles({
      ...style.getDefaultToolStyles(),
      global: {
        ...style.getDefaultToolStyles().global,
        color: "rgb(255, 214, 102)",
        colorHighlighted: "rgb(255, 255, 255)",
        colorSelected: "rgb(255, 255, 255)",
        textBoxColor: "rgb(255, 214, 102)",
        textBoxColorHighlighted: "rgb(255, 255, 255)",
        textBoxColorSelected: "rgb(255, 255, 255)",
        textBoxBackground: "rgba(0, 0, 0, 0.6)",
        textBoxFontSize: "14px",
        lineWidth: 1.5,
      },
    });
  }

  addStack(viewportId: string, engineId: string): void {
    this.#stacks.addViewport(viewportId, engineId);
  }

  removeStack(viewportId: string, engineId: string): void {
    this.#stacks.removeViewports(engineId, viewportId);
  }

  addVolumes(viewportIds: readonly string[], engineId: string): void {
    viewportIds.forEach((each) => { this.#volumes.addViewport(each, engineId); });
    this.#volumes.setToolActive(CROSSHAIRS, { bindings: [{ mouseButton: MouseBindings.Primary }] });
  }

  removeVolumes(engineId: string): void {
    this.#volumes.setToolDisabled(CROSSHAIRS);
    this.#volumes.removeViewports(engineId);
  }

  /** Give the buttons their tools; one finger does what the first button does, two zoom. */
  assign(assignment: Assignment): void {
    apply(this.#stacks, assignment);
    // The first button moves the crosshairs there.
    apply(this.#volumes, { ...assignment, primary: "zoom" }, ["primary"]);
  }
}

function groupOf(id: string): Group {
  const group = ToolGroupManager.createToolGroup(id);
  if (group === undefined) {
    throw new Error("The tools were made twice");
  }
  Object.values(NAMES).forEach((name) => { group.addTool(name); });
  group.setToolConfiguration(NAMES.length, { getTextLines: lengthLines });
  group.setToolConfiguration(NAMES.ellipse, { getTextLines: ellipseLines });
  return group;
}

function apply(group: Group, assignment: Assignment, without: readonly Button[] = []): void {
  for (const tool of Object.keys(NAMES) as Tool[]) {
    const bindings = bindingsOf(tool, assignment, without);
    if (bindings.length > 0) {
      // Other bindings of before would stay.
      group.setToolPassive(NAMES[tool], { removeAllBindings: true });
      group.setToolActive(NAMES[tool], { bindings });
    } else {
      group.setToolPassive(NAMES[tool], { removeAllBindings: true });
    }
  }
}

function bindingsOf(tool: Tool, assignment: Assignment, without: readonly Button[]): Types.IToolBinding[] {
  const buttons = (Object.keys(MOUSE) as Button[]).filter((each) => assignment[each] === tool && !without.includes(each));
  const bindings: Types.IToolBinding[] = buttons.map((each) => ({ mouseButton: MOUSE[each] }));
  if (buttons.includes("primary")) {
    bindings.push({ numTouchPoints: 1 });
  }
  if (tool === "scroll") {
    bindings.push({ mouseButton: MouseBindings.Wheel });
  }
  if (tool === "zoom") {
    bindings.push({ numTouchPoints: 2 });
  }
  return bindings;
}

/** Tell whether a tool measures. */
export function isMeasure(tool: Tool): boolean {
  return MEASURES.has(tool);
}

function lengthLines(data: { cachedStats: Statistics }, targetId: string): string[] {
  const { length, unit } = data.cachedStats[targetId] ?? {};
  if (typeof length !== "number") {
    return [];
  }
  const dataset = datasetOf(imageIdOf(targetId));
  const calibration = dataset === undefined ? "calibrated" : calibrationOf(dataset);
  return [lengthText(length, String(unit), calibration, t("images.uncalibrated"))];
}

function ellipseLines(data: { cachedStats: Statistics }, targetId: string): string[] {
  const { mean, stdDev, min, max } = data.cachedStats[targetId] ?? {};
  if (typeof mean !== "number" || Number.isNaN(mean)) {
    return []; // so small that no pixel's middle is within
  }
  const dataset = datasetOf(imageIdOf(targetId));
  const unit = dataset === undefined ? "HU" : unitOf(dataset);
  const written = (value: unknown): string => (typeof value === "number" ? value.toFixed(Number.isInteger(value) ? 0 : 1) : "–");
  return [
    t("images.ellipse.mean", { value: written(mean), unit }).trim(),
    t("images.ellipse.deviation", { value: written(stdDev), unit }).trim(),
    t("images.ellipse.range", { low: written(min), high: written(max), unit }).trim(),
  ];
}

/** A target is an image, or a volume, behind the word that says which. */
function imageIdOf(targetId: string): string {
  return targetId.replace(/^imageId:/, "");
}
