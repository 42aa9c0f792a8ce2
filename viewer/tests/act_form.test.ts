import { expect, test } from "vitest";

import { actByForms } from "../src/components/act_form";
import { need } from "../src/core/dom";
import { page, serve, settle } from "./page";

const WORDS = { "field-fault": "{field}: {fault}" };
const FORM = `
  <form data-act="POST" data-address="/policies">
    <label for="from">In force from</label><input id="from" name="document.from" value="x">
    <input name="document.items.CT.window" value="y" aria-label="CT: window">
    <fieldset><legend>Roles</legend><label><input type="checkbox" name="roles" data-kind="each" value="a">a</label></fieldset>
    <input type="hidden" name="document.scope" value="z">
    <p data-part="fault"></p>
    <button type="submit">Save</button>
  </form>`;

function refuse(pointers: string[]): void {
  serve(() => new Response(
    JSON.stringify({
      type: "urn:medshare:problem:invalid",
      title: "Invalid",
      status: 422,
      errors: pointers.map((pointer) => ({ pointer, code: "x", detail: "Mend it." })),
    }),
    { status: 422, headers: { "Content-Type": "application/problem+json" } },
  ));
}

async function told(pointers: string[]): Promise<string> {
  refuse(pointers);
  need("button", HTMLButtonElement).click();
  await settle();
  return need('[data-part="fault"]', HTMLElement).textContent;
}

test("a fault is told by the name of its field, which is marked until it is sent again", async () => {
  page(FORM, WORDS);
  actByForms();
  expect(await told(["/items/CT/window"])).toBe("CT: window: Mend it.");
  expect(need('[aria-label="CT: window"]', HTMLInputElement).getAttribute("aria-invalid")).toBe("true");
  expect(await told(["/document/from", "/nowhere"])).toBe("In force from: Mend it. Mend it.");
  expect(need('[aria-label="CT: window"]', HTMLInputElement).hasAttribute("aria-invalid")).toBe(false);
  expect(await told(["/roles/0"])).toBe("Roles: Mend it.");
  expect(await told(["/document/scope"])).toBe("Mend it.");
});
