/** The timeline: narrowed and grouped at once, walked through by `j` and `k`. */

import { all, make, need, on, textOf } from "../core/dom";
import { grouped, isWanted, type Exam, type Wanted } from "./narrowing";

export class Timeline {
  private readonly groups = need('[data-part="groups"]', HTMLElement);
  private readonly exams = all(".exam", HTMLLIElement, this.groups);

  /** @param open shows the report of an exam */
  constructor(private readonly open: (examId: string) => void) {
    on("click", ".exam-open", (button) => { this.choose(button); });
    on("change", '[data-form="filters"]', (form) => { this.narrow(form as HTMLFormElement); });
  }

  /** Open the exam so many further on; without one chosen, the first or the last. */
  step(by: 1 | -1): void {
    const buttons = this.buttons();
    const chosen = buttons.findIndex((each) => each.getAttribute("aria-pressed") === "true");
    const next = chosen === -1 ? (by === 1 ? 0 : buttons.length - 1) : chosen + by;
    const button = buttons[next];
    if (button) {
      button.focus();
      this.choose(button);
    }
  }

  /** Open the exam that the address names behind its `#`, as links of other systems do. */
  openNamed(): void {
    const examId = decodeURIComponent(location.hash.slice(1));
    const button = this.buttons().find((each) => each.dataset["exam"] === examId);
    if (button) {
      button.scrollIntoView({ block: "nearest" });
      this.choose(button);
    } else if (/^[0-9a-f-]{36}$/.test(examId)) {
      this.open(examId); // older than what the page lists
    }
  }

  private choose(button: HTMLElement): void {
    for (const each of all(".exam-open", HTMLElement, this.groups)) {
      each.setAttribute("aria-pressed", String(each === button));
    }
    this.open(button.dataset["exam"] ?? "");
  }

  private buttons(): HTMLElement[] {
    return all(".exam-open", HTMLElement, this.groups).filter((each) => each.closest("[hidden]") === null);
  }

  private narrow(form: HTMLFormElement): void {
    const wanted: Wanted = {
      hospital: textOf(form, "hospital"),
      modality: textOf(form, "modality"),
      region: textOf(form, "region"),
      days: textOf(form, "days"),
    };
    const today = this.groups.dataset["today"] ?? "";
    const shown = this.exams.filter((each) => {
      each.hidden = !isWanted(dataOf(each), wanted, today);
      return !each.hidden;
    });
    this.regroup(textOf(form, "group"));
    need('[data-part="count"]', HTMLElement).textContent = String(shown.length);
    need('[data-part="nothing"]', HTMLElement).hidden = shown.length > 0;
  }

  private regroup(by: string): void {
    const sections = grouped(this.exams, by === "region" ? regionAndModality : yearOf).map(([heading, exams]) => {
      const section = make("section", "group");
      const list = make("ol", "exams");
      list.append(...exams);
      section.hidden = exams.every((each) => each.hidden);
      section.append(make("h3", "", heading), list);
      return section;
    });
    this.groups.replaceChildren(...sections);
  }
}

function dataOf(element: HTMLElement): Exam {
  const { hospital = "", modality = "", region = "", day = "" } = element.dataset;
  return { hospital, modality, region, day };
}

function yearOf(element: HTMLElement): string {
  return (element.dataset["day"] ?? "").slice(0, 4);
}

function regionAndModality(element: HTMLElement): string {
  const { region = "", modality = "" } = element.dataset;
  const name = need(`[name="region"] [value="${region}"]`, HTMLOptionElement).dataset["name"] ?? "";
  return modality === "LAB" ? name : `${name} · ${modality}`;
}
