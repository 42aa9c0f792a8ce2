/** What keys and buttons of the page do: each once, under one name. */

import { TOOLS } from "./buttons";
import type { Workspace } from "./workspace";

const PAGE = 10;
const MOST_WINDOWS = 9;

/** A command: its name is that of its words and of its button; `keys` as `KeyboardEvent.key`. */
export interface Command {
  name: string;
  keys: readonly string[];
  /** Ends when what was asked for is done; a refusal is told. */
  act: (workspace: Workspace) => void | Promise<void>;
}

const TOOL_KEYS = { scroll: "s", window: "w", pan: "p", zoom: "z", length: "l", ellipse: "e" } as const;

/** Arrows: they move a measure where one is held, else scroll or pan. */
const ARROWS: readonly [string, number, number][] = [
  ["ArrowDown", 0, 1],
  ["ArrowRight", 1, 0],
  ["ArrowUp", 0, -1],
  ["ArrowLeft", -1, 0],
];

const arrows: Command[] = ARROWS.flatMap(([key, across, down]) => [
  {
    name: across + down > 0 ? "next" : "previous",
    keys: [key],
    act: (workspace) => {
      if (!workspace.moveMeasure(2 * across, 2 * down, false)) {
        workspace.scrollBy(across + down);
      }
    },
  },
  {
    name: "pan",
    keys: [`Shift+${key}`],
    act: (workspace) => {
      if (!workspace.moveMeasure(2 * across, 2 * down, true)) {
        workspace.pan(across, down);
      }
    },
  },
]);

const windows: Command[] = Array.from({ length: MOST_WINDOWS }, (_, index) => ({
  name: "preset",
  keys: [String(index + 1)],
  act: (workspace) => { workspace.chooseWindow(index + 1); },
}));

const tools: Command[] = TOOLS.map((tool) => ({
  name: `tool-${tool}`,
  keys: [TOOL_KEYS[tool]],
  act: (workspace) => { workspace.choose(tool); },
}));

export const COMMANDS: readonly Command[] = [
  ...arrows,
  { name: "forward", keys: ["PageDown"], act: (workspace) => { workspace.scrollBy(PAGE); } },
  { name: "back", keys: ["PageUp"], act: (workspace) => { workspace.scrollBy(-PAGE); } },
  { name: "first", keys: ["Home"], act: (workspace) => { workspace.scrollTo(0); } },
  { name: "last", keys: ["End"], act: (workspace) => { workspace.scrollTo(Infinity); } },
  ...windows,
  { name: "wider", keys: ["]"], act: (workspace) => { workspace.adjustWindow(0, 1); } },
  { name: "narrower", keys: ["["], act: (workspace) => { workspace.adjustWindow(0, -1); } },
  { name: "brighter", keys: ["."], act: (workspace) => { workspace.adjustWindow(1, 0); } },
  { name: "darker", keys: [","], act: (workspace) => { workspace.adjustWindow(-1, 0); } },
  { name: "invert", keys: ["i"], act: (workspace) => { workspace.invert(); } },
  { name: "zoom-in", keys: ["+", "="], act: (workspace) => { workspace.zoom(1); } },
  { name: "zoom-out", keys: ["-"], act: (workspace) => { workspace.zoom(-1); } },
  { name: "reset", keys: ["0"], act: (workspace) => { workspace.reset(); } },
  ...tools,
  { name: "measure", keys: ["Enter"], act: (workspace) => { workspace.holdMeasure(); } },
  { name: "remove", keys: ["Delete", "Backspace"], act: (workspace) => { workspace.removeMeasures(); } },
  { name: "cine", keys: [" "], act: (workspace) => { workspace.toggleFilm(); } },
  { name: "key-image", keys: ["x"], act: (workspace) => { workspace.markKeyImage(); } },
  { name: "next-key-image", keys: ["n"], act: (workspace) => { workspace.nextKeyImage(); } },
  { name: "series", keys: ["g"], act: (workspace) => { workspace.nextSeries(); } },
  { name: "compare", keys: ["c"], act: (workspace) => workspace.compare() },
  { name: "link", keys: ["y"], act: (workspace) => { workspace.toggleLink(); } },
  { name: "other-pane", keys: ["o"], act: (workspace) => { workspace.otherPane(); } },
  { name: "mpr", keys: ["m"], act: (workspace) => workspace.toggleReconstruction() },
];
