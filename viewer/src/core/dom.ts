/** Finding and filling parts of the page. */

/** Return the element that a selector names, which the template promises. */
export function need<E extends Element>(selector: string, kind: new () => E, within: ParentNode = document): E {
  const found = within.querySelector(selector);
  if (!(found instanceof kind)) {
    throw new Error(`The page has no ${selector}`);
  }
  return found;
}

/** Return the elements that a selector names and that are of a kind, in their order. */
export function all<E extends Element>(selector: string, kind: new () => E, within: ParentNode = document): E[] {
  return [...within.querySelectorAll(selector)].filter((each): each is E => each instanceof kind);
}

/** Put a part that the server rendered, and escaped, into its place. */
export function fill(place: Element, rendered: string): void {
  const parsed = new DOMParser().parseFromString(rendered, "text/html");
  place.replaceChildren(...parsed.body.childNodes);
}

/** Make an element with a class and a text. */
export function make<K extends keyof HTMLElementTagNameMap>(
  name: K,
  className = "",
  text = "",
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
}

/** Return what a form's field holds. */
export function textOf(form: HTMLFormElement, field: string): string {
  const value = new FormData(form).get(field);
  return typeof value === "string" ? value : "";
}

/** Call for every event of a kind that starts at, or within, an element of a selector. */
export function on<K extends keyof HTMLElementEventMap>(
  kind: K,
  selector: string,
  act: (element: HTMLElement, event: HTMLElementEventMap[K]) => void,
): void {
  document.addEventListener(kind, (event) => {
    const target = event.target instanceof Element ? event.target.closest(selector) : null;
    if (target instanceof HTMLElement) {
      act(target, event);
    }
  });
}
