import { startConsole } from "../components/console";
import { ask } from "../core/api";
import { need } from "../core/dom";

const ASK_AGAIN_MS = 1500;

startConsole();
const trial = document.querySelector<HTMLElement>('[data-part="trial"]');
if (trial !== null) {
  window.setTimeout(() => void follow(trial.dataset["address"] ?? ""), ASK_AGAIN_MS);
}

/** Show how far the job has come until it is over; then the page has its result. */
async function follow(address: string): Promise<void> {
  const job = (await ask("GET", address)) as { state: string; done: number; total?: number };
  if (job.state !== "waiting" && job.state !== "running") {
    location.reload();
    return;
  }
  const bar = need("progress", HTMLProgressElement);
  if (job.total !== undefined) {
    bar.max = Math.max(job.total, 1);
    bar.value = job.done;
  }
  window.setTimeout(() => void follow(address), ASK_AGAIN_MS);
}
