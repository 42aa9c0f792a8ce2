import { describe, expect, it } from "vitest";
import type { Dataset } from "../../src/images/dataset";
import { choicesFor, openingWindow, rangeOf, windowOf } from "../../src/images/windows";

function image(modality: string, centres: readonly unknown[], widths: readonly unknown[], names: readonly string[] = []): Dataset {
  return {
    "00080060": { vr: "CS", Value: [modality] },
    "00281050": { vr: "DS", Value: centres },
    "00281051": { vr: "DS", Value: widths },
    "00281055": { vr: "LO", Value: names },
  };
}

describe("the choices", () => {
  it("are those of the modality on their usual keys, then the image's own", () => {
    const names = choicesFor(image("CT", [30], [300], ["LIVER"])).map((window) => window.name);
    expect(names).toEqual(["lung", "mediastinum", "bone", "brain", "abdomen", "LIVER"]);
  });

  it("do not repeat a preset that the image states too", () => {
    expect(choicesFor(image("CT", ["40", "-600"], ["400", "1500"]))).toHaveLength(5);
  });

  it("are the image's own for MR", () => {
    expect(choicesFor(image("MR", [420], [840], ["T1"]))).toEqual([{ name: "T1", centre: 420, width: 840 }]);
  });

  it("are at most nine, and none that divides by nothing", () => {
    const many = Array.from({ length: 12 }, (_, index) => index + 1);
    expect(choicesFor(image("MR", many, many))).toHaveLength(9);
    expect(choicesFor(image("MR", [10], [0]))).toEqual([]);
  });
});

describe("the opening window", () => {
  it("is the first that the image states", () => {
    expect(openingWindow(image("CT", [40, -600], [400, 1500]))).toMatchObject({ centre: 40, width: 400 });
  });

  it("spans the table of an image that has one instead", () => {
    const table = { "00283002": { vr: "US", Value: [256, 1000, 8] }, "00283003": { vr: "LO", Value: ["BREAST"] } };
    const mammogram = { ...image("MG", [], []), "00283010": { vr: "SQ", Value: [table] } };
    expect(openingWindow(mammogram)).toEqual({ name: "BREAST", centre: 1128, width: 256 });
  });

  it("is none where the image says nothing", () => {
    expect(openingWindow(image("MR", [], []))).toBeUndefined();
    expect(openingWindow({ ...image("MR", [], []), "00283010": { vr: "SQ", Value: [{}] } })).toBeUndefined();
  });
});

describe("the range of a window", () => {
  it("is that of the standard's function LINEAR", () => {
    expect(rangeOf({ centre: 40, width: 400 })).toEqual({ lower: -160, upper: 239 });
  });

  it("leads back to the window", () => {
    expect(windowOf(rangeOf({ centre: -600, width: 1500 }))).toEqual({ centre: -600, width: 1500 });
  });
});
