/** What came with the images and is none: reports, waveforms and PDF, each shown once it is open. */

import { askForFile, askForPart, purposeHeaders, wordsOf } from "../core/api";
import { all, fill, make, need, on } from "../core/dom";

const SIZES = [100, 150, 200, 300, 400]; // percent of the pane's width
const PDF = "application/pdf";
const LOWER_BY = 3; // the report has headings of its own; a page of fewer says `data-lower-by`
const HEADING_LAST = 6;

/** Watch the pane in which documents appear. */
export function watchDocuments(): void {
  document.addEventListener("toggle", (event) => { showOpened(event.target); }, { capture: true });
  on("click", '[data-action="document-larger"]', (button) => { resize(button, 1); });
  on("click", '[data-action="document-smaller"]', (button) => { resize(button, -1); });
}

/** Show the documents that are open from the start. */
export function showDocuments(pane: HTMLElement): void {
  for (const each of all("details.document[open]", HTMLDetailsElement, pane)) {
    void show(each);
  }
}

function showOpened(target: EventTarget | null): void {
  if (target instanceof HTMLDetailsElement && target.matches(".document[open]")) {
    void show(target);
  }
}

async function show(details: HTMLDetailsElement): Promise<void> {
  const place = need('[data-part="shown"]', HTMLElement, details);
  if (details.dataset["asked"] !== undefined) {
    return;
  }
  details.dataset["asked"] = "";
  place.setAttribute("aria-busy", "true");
  try {
    await fillIn(details, place);
  } catch (failure) {
    delete details.dataset["asked"]; // closing and opening tries again
    place.replaceChildren(make("p", "empty", wordsOf(failure)));
  } finally {
    place.removeAttribute("aria-busy");
  }
}

async function fillIn(details: HTMLDetailsElement, place: HTMLElement): Promise<void> {
  const { document: family, address = "", name = "" } = details.dataset;
  if (family === "pdf") {
    frame(place, isCopied(details) ? await copyOf(address) : address, name);
  } else if (family === "waveform") {
    await draw(place, address, name);
  } else {
    const page = await askForPart("GET", address, { headers: { Accept: "text/html" } });
    fill(place, articleOf(page));
    lowerHeadings(place);
  }
}

/** Take a rendered page's article without its style; nothing else in the page is called so, for text is escaped. */
function articleOf(page: string): string {
  return page.slice(page.indexOf("<article"), page.lastIndexOf("</body>"));
}

/** Tell whether a frame shows a copy: it states no purpose, and within another site's frame shows nothing of ours. */
function isCopied(details: HTMLElement): boolean {
  return "copied" in details.dataset || Object.keys(purposeHeaders()).length > 0;
}

/** Show a PDF by the browser's own means. */
function frame(place: HTMLElement, address: string, name: string): void {
  const shown = make("iframe", "document-frame");
  shown.title = name;
  shown.src = address;
  place.replaceChildren(shown);
}

/** Return the address of a PDF's copy; whatever its bytes are, the browser takes them for a PDF. */
async function copyOf(address: string): Promise<string> {
  const file = await askForFile(address, { headers: { Accept: PDF } });
  return URL.createObjectURL(new Blob([file], { type: PDF }));
}

async function draw(place: HTMLElement, address: string, name: string): Promise<void> {
  const image = make("img", "document-curve");
  image.alt = name;
  image.src = URL.createObjectURL(await askForFile(address, { headers: { Accept: "image/svg+xml" } }));
  await image.decode();
  URL.revokeObjectURL(image.src);
  place.replaceChildren(image);
}

function resize(button: HTMLElement, by: number): void {
  const image = button.closest("details")?.querySelector<HTMLElement>(".document-curve");
  if (image) {
    const now = SIZES.indexOf(Number(image.dataset["size"] ?? SIZES[0]));
    const size = SIZES[Math.min(Math.max(now + by, 0), SIZES.length - 1)];
    image.dataset["size"] = String(size);
    image.style.width = `${String(size)}%`;
  }
}

function lowerHeadings(place: HTMLElement): void {
  const by = Number(place.closest<HTMLElement>("[data-lower-by]")?.dataset["lowerBy"] ?? LOWER_BY);
  for (const heading of all("h1, h2, h3, h4, h5, h6", HTMLHeadingElement, place)) {
    const level = Math.min(Number(heading.localName.slice(1)) + by, HEADING_LAST);
    const lower = document.createElement(`h${String(level)}`);
    lower.append(...heading.childNodes);
    heading.replaceWith(lower);
  }
}
