import { startConsole } from "../components/console";
import { ask, wordsOf } from "../core/api";
import { need } from "../core/dom";

interface Job {
  state: string;
  done: number;
  total?: number;
}

const ASK_AGAIN_MS = 1500;

startConsole();
const trial = document.querySelector<HTMLElement>('[data-part="trial"]');
if (trial !== null) {
  window.setTimeout(() => void follow(trial.dataset["address"] ?? ""), ASK_AGAIN_MS);
}

/** Show how far the job has come until it is over; then the page has its result. */
async function follow(address: string): Promise<void> {
  let job: Job;
  try {
    job = (await ask("GET", address)) as Job;
  } catch (failure) {
    need('[data-part="fault"]', HTMLElement).textContent = wordsOf(failure);
    return;
  }
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
