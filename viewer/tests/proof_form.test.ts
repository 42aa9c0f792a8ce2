import { beforeEach, expect, test, vi } from "vitest";

import { onProof } from "../src/components/proof_form";
import { Problem } from "../src/core/api";
import { need } from "../src/core/dom";
import { page, settle } from "./page";

const FORM = `
  <form>
    <input name="password" value="secret">
    <div data-part="code" hidden><input name="code" disabled></div>
    <p data-part="fault"></p>
    <button type="submit">go</button>
  </form>`;

beforeEach(() => { page(FORM, { "code-wrong": "wrong code", failed: "failed" }); });

function submit(): Promise<void> {
  need("form", HTMLFormElement).dispatchEvent(new Event("submit", { cancelable: true }));
  return settle();
}

const codePart = (): HTMLElement => need('[data-part="code"]', HTMLElement);
const faultText = (): string => need('[data-part="fault"]', HTMLElement).textContent;

test("the code is asked for once the server wants it, and a second time is a fault", async () => {
  const prove = vi.fn(() => Promise.reject(new Problem(401, "second-factor-required", "code")));
  onProof(need("form", HTMLFormElement), prove, () => undefined);
  await submit();
  expect(codePart().hidden).toBe(false);
  expect(need("input", HTMLInputElement, codePart()).disabled).toBe(false);
  expect(faultText()).toBe("");
  await submit();
  expect(faultText()).toBe("wrong code");
});

test("a refusal is told in the server's words and the form can be sent again", async () => {
  onProof(need("form", HTMLFormElement), () => Promise.reject(new Problem(401, "login-refused", "no")), () => undefined);
  await submit();
  expect(faultText()).toBe("no");
  expect(need("button", HTMLButtonElement).disabled).toBe(false);
});

test("what was typed is gone before the page goes on", async () => {
  const form = need("form", HTMLFormElement);
  const password = need('[name="password"]', HTMLInputElement);
  password.value = "typed";
  const then = vi.fn();
  onProof(form, () => Promise.resolve(), then);
  await submit();
  expect(then).toHaveBeenCalledOnce();
  expect(password.value).not.toBe("typed");
});
