/**
 * The mouse buttons: which tool each has. A setting of the browser, for people whose PACS differs.
 */

export const TOOLS = ["scroll", "window", "pan", "zoom", "length", "ellipse"] as const;
export type Tool = (typeof TOOLS)[number];

export const BUTTONS = ["primary", "secondary", "auxiliary"] as const;
export type Button = (typeof BUTTONS)[number];

export type Assignment = Readonly<Record<Button, Tool>>;

export const USUAL: Assignment = { primary: "scroll", secondary: "window", auxiliary: "pan" };

/** Write an assignment as a text for a cookie: `scroll.window.pan`. */
export function written(assignment: Assignment): string {
  return BUTTONS.map((button) => assignment[button]).join(".");
}

/** Read what `written` wrote; the usual where it is anything else. */
export function read(text: string): Assignment {
  const tools = text.split(".").map((name) => TOOLS.find((tool) => tool === name));
  const [primary, secondary, auxiliary] = tools;
  if (!primary || !secondary || !auxiliary || new Set(tools).size < BUTTONS.length) {
    return USUAL;
  }
  return { primary, secondary, auxiliary };
}

/** Give a button a tool; the button that had it gets the other one's, so that none is lost. */
export function assign(assignment: Assignment, button: Button, tool: Tool): Assignment {
  const had = assignment[button];
  const previous = BUTTONS.find((each) => assignment[each] === tool);
  return { ...assignment, ...(previous === undefined ? {} : { [previous]: had }), [button]: tool };
}
