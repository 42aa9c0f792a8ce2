import { beforeEach, expect, test, vi } from "vitest";

import { ask, Problem, useCsrfToken, whenSessionEnds, wordsOf } from "../src/core/api";
import { page, problem, serve } from "./page";

beforeEach(() => { page("", { failed: "failed", unreachable: "no network" }); });

test("a change carries the session's proof, a read does not need it", async () => {
  const asked = serve(() => new Response("{}"));
  await ask("GET", "/a");
  await ask("POST", "/b", { body: { x: 1 } });
  useCsrfToken("newer");
  await ask("DELETE", "/c");
  expect(asked.map((each) => each.headers["X-CSRF-Token"])).toEqual([undefined, "proof", "newer"]);
  expect(asked[1]?.body).toEqual({ x: 1 });
});

test("the faults of an input are told, each with its remedy", async () => {
  const errors = [
    { pointer: "/a", code: "a", detail: "First." },
    { pointer: "/b", code: "b", detail: "Second." },
  ];
  const document = { type: "urn:medshare:problem:invalid", title: "t", detail: "d", errors };
  serve(() => new Response(JSON.stringify(document), { status: 422, headers: { "Content-Type": "application/problem+json" } }));
  await expect(ask("POST", "/a")).rejects.toMatchObject({ status: 422, slug: "invalid", message: "First. Second." });
});

test("an ended session is told to those who wait for it", async () => {
  const ended = vi.fn();
  whenSessionEnds(ended);
  serve(() => problem(401, "unauthenticated"));
  await expect(ask("GET", "/a")).rejects.toBeInstanceOf(Problem);
  expect(ended).toHaveBeenCalledOnce();
});

test("a network that is down is told as such", async () => {
  globalThis.fetch = () => Promise.reject(new TypeError("down"));
  const failure: unknown = await ask("GET", "/a").catch((each: unknown) => each);
  expect(wordsOf(failure)).toBe("no network");
  expect(wordsOf(new TypeError("a bug"))).toBe("failed");
});
