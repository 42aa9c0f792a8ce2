import { actByForms } from "../components/act_form";
import { closeByButtons } from "../components/dialog";
import { start } from "../components/shell";
import { all, on } from "../core/dom";
import { bind } from "../core/keys";
import { t } from "../core/words";
import { offerGlass } from "../patient/glass";
import { ReportPane } from "../patient/report";
import { Timeline } from "../patient/timeline";
import { offerTrends } from "../patient/trend";

start();
closeByButtons();
actByForms();
offerGlass();
offerTrends();
const report = new ReportPane();
const timeline = new Timeline((examId) => void report.show(examId));
if (matchMedia("(max-width: 64rem)").matches) {
  all(".filters", HTMLDetailsElement).forEach((each) => { each.open = false; });
}
timeline.openNamed();
on("click", '[data-action="print"]', () => { print(); });
bind("/", t("keys.search"), () => { location.assign("/viewer"); });
bind("j", t("keys.next-exam"), () => { timeline.step(1); });
bind("k", t("keys.previous-exam"), () => { timeline.step(-1); });
bind("r", t("keys.report"), () => { report.focus(); });
