/** The report pane: shown, and decided on, in one place. */

import { acknowledge } from "../components/alerts";
import { openDialog } from "../components/dialog";
import { watchDownloads } from "../components/downloads";
import { say } from "../components/toast";
import { ask, askForPart, wordsOf } from "../core/api";
import { fill, need, on, textOf } from "../core/dom";
import { t } from "../core/words";
import { showDocuments, watchDocuments } from "./documents";

const OPEN = "has-report";

export class ReportPane {
  private readonly pane = need("#report", HTMLElement);
  private shownAt = 0;
  private asked = 0;

  constructor() {
    on("click", '[data-action="recognise"]', () => void this.decide({ outcome: "recognised" }));
    on("click", '[data-action="decline"]', () => { openDialog("#decline"); });
    on("click", '[data-action="undo"]', (button) => void this.undo(button.dataset["decision"] ?? ""));
    on("click", '[data-action="acknowledge"]', (button) => void this.takeNote(button.dataset["alert"] ?? ""));
    on("click", '[data-action="back"]', () => { this.leave(); });
    watchDownloads();
    watchDocuments();
    on("change", '#decline [name="reason"]', () => { this.wantWords(); });
    on("submit", '[data-form="decline"]', (form, event) => {
      event.preventDefault();
      void this.decline(form as HTMLFormElement);
    });
  }

  /** Show the report of an exam; the newest wish wins. */
  async show(examId: string): Promise<void> {
    const turn = ++this.asked;
    this.pane.setAttribute("aria-busy", "true");
    document.body.classList.add(OPEN);
    try {
      const rendered = await askForPart("GET", `/viewer/exams/${examId}/report`);
      if (turn === this.asked) {
        fill(this.pane, rendered);
        this.pane.scrollTo(0, 0);
        this.shownAt = Date.now();
        showDocuments(this.pane);
      }
    } catch (failure) {
      say(wordsOf(failure));
    } finally {
      this.pane.removeAttribute("aria-busy");
    }
  }

  /** Bring the reader to the report. */
  focus(): void {
    this.pane.focus();
  }

  private leave(): void {
    document.body.classList.remove(OPEN);
    document.querySelector<HTMLElement>('.exam-open[aria-pressed="true"]')?.focus();
  }

  private async decline(form: HTMLFormElement): Promise<void> {
    const explained = textOf(form, "explained");
    const choice = {
      outcome: "repeated",
      reason: textOf(form, "reason"),
      freeText: textOf(form, "freeText"),
      ...(explained === "" ? {} : { explained }),
    };
    await this.decide(choice, need('[data-part="fault"]', HTMLElement, form));
  }

  private async decide(choice: object, fault?: HTMLElement): Promise<void> {
    const report = need(".report", HTMLElement, this.pane);
    const examId = report.dataset["exam"] ?? "";
    const body = { ...choice, version: Number(report.dataset["version"]), dwellMs: Date.now() - this.shownAt };
    try {
      await ask("POST", `/viewer/exams/${examId}/decision`, { body });
      say(t("decided"));
      await this.again(examId);
    } catch (failure) {
      tell(failure, fault);
    }
  }

  private async undo(decisionId: string): Promise<void> {
    try {
      await ask("POST", `/api/v1/recognition/decisions/${decisionId}/undo`, { body: {} });
      say(t("undone"));
      await this.again(need(".report", HTMLElement, this.pane).dataset["exam"] ?? "");
    } catch (failure) {
      tell(failure);
    }
  }

  private async takeNote(alertId: string): Promise<void> {
    try {
      await acknowledge(alertId);
      say(t("noted"));
      await this.show(need(".report", HTMLElement, this.pane).dataset["exam"] ?? "");
      this.focus();
    } catch (failure) {
      tell(failure);
    }
  }

  /** Show what a decision changed, in the pane and on the timeline. */
  private async again(examId: string): Promise<void> {
    await this.show(examId);
    this.focus();
    const now = this.pane.querySelector(".standing .badge-decided, .standing .badge");
    const marks = document.querySelector(`.exam-open[data-exam="${CSS.escape(examId)}"] .exam-line:last-child`);
    const before = marks?.querySelector(".badge:not(.badge-plain)");
    const decided = this.pane.querySelector(".decision .badge-decided") ?? now;
    if (before && decided) {
      before.replaceWith(decided.cloneNode(true));
    }
  }

  private wantWords(): void {
    const chosen = document.querySelector<HTMLInputElement>('#decline [name="reason"]:checked');
    need("#decline-text", HTMLTextAreaElement).required = chosen?.dataset["needsText"] !== undefined;
  }
}

function tell(failure: unknown, fault?: HTMLElement): void {
  if (fault) {
    fault.textContent = wordsOf(failure);
  } else {
    say(wordsOf(failure));
  }
}
