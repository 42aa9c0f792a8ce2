/** Links to files. */

import { askForFile, purposeHeaders, wordsOf } from "../core/api";
import { make, on } from "../core/dom";
import { say } from "./toast";

/** Let links to files be followed for the purpose that the page states, if it states one. */
export function watchDownloads(): void {
  on("click", "a[download]", (link, event) => {
    if (Object.keys(purposeHeaders()).length > 0) {
      event.preventDefault(); // a link states no purpose
      void save(link as HTMLAnchorElement);
    }
  });
}

async function save(link: HTMLAnchorElement): Promise<void> {
  try {
    await saveFile(link.href, link.download);
  } catch (failure) {
    say(wordsOf(failure));
  }
}

/** Ask for a file, and let the browser keep it under a name. */
export async function saveFile(address: string, name: string): Promise<void> {
  const copy = make("a");
  copy.href = URL.createObjectURL(await askForFile(address));
  copy.download = name;
  copy.click();
  URL.revokeObjectURL(copy.href);
}
