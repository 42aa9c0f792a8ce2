/** Asking the server: with the session's proof, in the page's language; refusals as `Problem`. */

import { need } from "./dom";
import { language, t } from "./words";

interface ProblemDocument {
  type: string;
  title: string;
  detail?: string;
  errors?: Fault[];
}

/** What is wrong in one place of what was sent, by JSON pointer. */
export interface Fault {
  pointer: string;
  detail: string;
}

/** A refusal as a person is told it. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly slug: string,
    message: string,
    readonly faults: readonly Fault[] = [],
  ) {
    super(message);
  }
}

export interface Options {
  body?: unknown;
  headers?: Record<string, string>;
}

const PREFIX = "urn:medshare:problem:";
const ended = new Set<() => void>();

/** Call when the server says that the session has ended. */
export function whenSessionEnds(act: () => void): void {
  ended.add(act);
}

/** Take over the proof of a session that was opened since the page was loaded. */
export function useCsrfToken(token: string): void {
  need('meta[name="csrf-token"]', HTMLMetaElement).content = token;
}

/** Ask, and return the answer as JSON; `undefined` where it has no body. */
export async function ask(method: string, address: string, options: Options = {}): Promise<unknown> {
  const response = await send(method, address, options);
  const text = await response.text();
  return text === "" ? undefined : JSON.parse(text);
}

/** Ask for a rendered part of a page. */
export async function askForPart(method: string, address: string, options: Options = {}): Promise<string> {
  const response = await send(method, address, options);
  return response.text();
}

/** Ask for a file. */
export async function askForFile(address: string, options: Options = {}): Promise<Blob> {
  const response = await send("GET", address, options);
  return response.blob();
}

/** Return the header that states why the page looks, where that is not for the usual purpose. */
export function purposeHeaders(): Record<string, string> {
  const purpose = document.querySelector<HTMLMetaElement>('meta[name="purpose"]')?.content ?? "";
  return purpose === "" ? {} : { "X-Purpose-Of-Use": purpose };
}

async function send(method: string, address: string, options: Options): Promise<Response> {
  const headers: Record<string, string> = { "Accept-Language": language(), ...purposeHeaders(), ...options.headers };
  if (method !== "GET") {
    headers["X-CSRF-Token"] = need('meta[name="csrf-token"]', HTMLMetaElement).content;
  }
  if (options.body !== undefined) {
    headers["Content-Type"] = "application/json";
  }
  const body = options.body === undefined ? null : JSON.stringify(options.body);
  const response = await reach(address, { method, headers, body, cache: "no-store" });
  if (!response.ok) {
    throw await problemOf(response);
  }
  return response;
}

async function reach(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, init);
  } catch {
    throw new Problem(0, "unreachable", t("unreachable"));
  }
}

async function problemOf(response: Response): Promise<Problem> {
  if (!response.headers.get("Content-Type")?.startsWith("application/problem+json")) {
    return new Problem(response.status, "unknown", t("failed"));
  }
  const document = (await response.json()) as ProblemDocument;
  const slug = document.type.replace(PREFIX, "");
  if (slug === "unauthenticated") {
    ended.forEach((act) => { act(); });
  }
  const faults = document.errors ?? [];
  const told = faults.map((each) => each.detail).join(" ");
  return new Problem(response.status, slug, told || (document.detail ?? document.title), faults);
}

/** Asked for, and refused where it was sent wrong: the server's sentence is about the field of its API. */
export const CODE_WANTED = "second-factor-required";

/** Return the words by which a failure is told. */
export function wordsOf(failure: unknown): string {
  if (!(failure instanceof Problem)) {
    return t("failed");
  }
  return failure.slug === CODE_WANTED ? t("code-wrong") : failure.message;
}
