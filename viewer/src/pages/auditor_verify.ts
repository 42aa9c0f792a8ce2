import { proving } from "../components/act_form";
import { startConsole } from "../components/console";
import { ask } from "../core/api";
import { make, need, on } from "../core/dom";
import { t } from "../core/words";

interface Span {
  size: number;
  begin: number;
  end: number;
}

interface Seal extends Span {
  signed: boolean;
  rootStands: boolean;
  forked: number[];
  broken: number[];
  altered: { index: number; entry: string; differences: string[] }[];
}

interface Completeness extends Span {
  missing: { index: number; entry: string }[];
  unsealed: number;
  dropped: number;
}

interface Check {
  sound: boolean;
  words: string;
  /** Entries to open. */
  entries?: string[];
  /** Entries that are gone. */
  gone?: string[];
}

const QUESTIONS = "/api/v1/audit/questions";
const SHOWN = 20;

startConsole();
on("submit", '[data-form="verify"]', (form, event) => {
  event.preventDefault();
  void proving(form as HTMLFormElement, verify);
});

/** Check the seal and what stands under it, from the first entry to the newest. */
async function verify(): Promise<void> {
  need('[data-part="checks"]', HTMLElement).replaceChildren();
  need('[data-part="verdict"]', HTMLElement).textContent = "";
  const seals = await through<Seal>("seal", 0);
  const spans = await through<Completeness>("missing", 1);
  need('[data-part="progress"]', HTMLElement).hidden = true;
  tell([...sealChecks(seals), ...missingChecks(spans)], seals.at(-1)?.end ?? 0);
}

/** Ask on until the newest entry of now is reached; others come while it is asked. */
async function through<S extends Span>(question: string, step: number): Promise<S[]> {
  const found: S[] = [];
  let size = Infinity;
  let begin = 0;
  do {
    const next = (await ask("GET", `${QUESTIONS}/${question}?begin=${String(begin)}`)) as S;
    found.push(next);
    size = Math.min(size, next.size);
    begin = next.end;
    show(step, begin, size);
  } while (begin < size);
  return found;
}

function show(step: number, reached: number, size: number): void {
  const progress = need('[data-part="progress"]', HTMLElement);
  progress.hidden = false;
  need("progress", HTMLProgressElement, progress).value = (step + (size > 0 ? reached / size : 1)) / 2;
  need('[data-part="reached"]', HTMLElement, progress).textContent = t("audit.reached", {
    step: step + 1,
    reached: Math.min(reached, size),
    size,
  });
}

function sealChecks(seals: Seal[]): Check[] {
  const altered = seals.flatMap((each) => each.altered);
  const broken = seals.reduce((sum, each) => sum + each.broken.length, 0);
  const forked = seals.reduce((sum, each) => sum + each.forked.length, 0);
  const signed = seals.every((each) => each.signed);
  const stands = seals.every((each) => each.rootStands);
  return [
    { sound: signed, words: signed ? t("audit.signed") : t("audit.unsigned") },
    { sound: stands, words: stands ? t("audit.root-stands") : t("audit.root-falls") },
    { sound: forked === 0, words: forked === 0 ? t("audit.continued") : t("audit.forked", { count: forked }) },
    { sound: broken === 0, words: broken === 0 ? t("audit.leaves-stand") : t("audit.broken", { count: broken }) },
    {
      sound: altered.length === 0,
      words: altered.length === 0 ? t("audit.unaltered") : t("audit.some-altered", { count: altered.length }),
      entries: altered.map((each) => each.entry),
    },
  ];
}

function missingChecks(spans: Completeness[]): Check[] {
  const missing = spans.flatMap((each) => each.missing);
  const unsealed = spans.at(-1)?.unsealed ?? 0;
  const dropped = spans.at(-1)?.dropped ?? 0;
  const checks: Check[] = [
    {
      sound: missing.length === 0,
      words: missing.length === 0 ? t("audit.nothing-missing") : t("audit.missing", { count: missing.length }),
      gone: missing.map((each) => each.entry),
    },
  ];
  if (missing.length === 0) {
    checks.push({ sound: unsealed === 0, words: unsealed === 0 ? t("audit.nothing-put-in") : t("audit.put-in", { count: unsealed }) });
  }
  if (dropped > 0) {
    checks.push({ sound: true, words: t("audit.dropped", { count: dropped }) });
  }
  return checks;
}

function tell(checks: Check[], size: number): void {
  const sound = checks.every((each) => each.sound);
  const verdict = need('[data-part="verdict"]', HTMLElement);
  verdict.className = sound ? "verdict-sound" : "verdict-broken";
  verdict.textContent = sound ? t("audit.sound", { size }) : t("audit.unsound", { size });
  need('[data-part="checks"]', HTMLElement).replaceChildren(...checks.map(itemOf));
}

function itemOf(check: Check): HTMLElement {
  const item = make("li", check.sound ? "check-sound" : "check-broken", `${check.sound ? "✓" : "✗"} ${check.words}`);
  for (const each of (check.entries ?? []).slice(0, SHOWN)) {
    const link = make("a", "under code", each);
    link.href = `/viewer/auditor/entries/${each}`;
    item.append(link);
  }
  item.append(...(check.gone ?? []).slice(0, SHOWN).map((each) => make("span", "under code", each)));
  return item;
}
