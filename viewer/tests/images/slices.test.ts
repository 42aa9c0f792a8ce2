import { describe, expect, it } from "vitest";
import type { Dataset } from "../../src/images/dataset";
import { inOrder, planeOf, slicesOf } from "../../src/images/slices";

const AXIAL = [1, 0, 0, 0, 1, 0];

function image(number: number, position?: readonly number[], cosines: readonly number[] = AXIAL): Dataset {
  return {
    "0020000E": { vr: "UI", Value: ["2.999.1"] },
    "00080018": { vr: "UI", Value: [`2.999.1.${String(number)}`] },
    "00200013": { vr: "IS", Value: [number] },
    "00280010": { vr: "US", Value: [4] },
    "00280100": { vr: "US", Value: [16] },
    ...(position === undefined
      ? {}
      : {
          "00200032": { vr: "DS", Value: position },
          "00200037": { vr: "DS", Value: cosines },
        }),
  };
}

function order(datasets: readonly Dataset[]): number[] {
  return slicesOf("/dicom-web", "2.999", datasets).map((slice) => slice.instanceNumber);
}

describe("slices", () => {
  it("are addressed by study, series, instance and frame", () => {
    const [slice] = slicesOf("/dicom-web", "2.999", [image(7)]);
    expect(slice?.imageId).toBe(
      "wadors:/dicom-web/studies/2.999/series/2.999.1/instances/2.999.1.7/frames/1",
    );
  });

  it("are sorted by where they lie, not by their numbers", () => {
    expect(order([image(1, [0, 0, 10]), image(3, [0, 0, 20]), image(2, [0, 0, 30])])).toEqual([1, 3, 2]);
  });

  it("begin at the end from which the scanner counted", () => {
    expect(order([image(1, [0, 0, 30]), image(2, [0, 0, 20]), image(3, [0, 0, 10])])).toEqual([1, 2, 3]);
  });

  it("are sorted along the normal of an oblique stack", () => {
    const tilted = [1, 0, 0, 0, 0.8, 0.6];
    const stack = [image(1, [5, 0, 0], tilted), image(2, [5, -1.2, 1.6], tilted), image(3, [5, -0.6, 0.8], tilted)];
    expect(order(stack)).toEqual([1, 3, 2]);
  });

  it("keep their numbers where planes are not parallel, as of localizers", () => {
    const coronal = [1, 0, 0, 0, 0, -1];
    expect(order([image(2, [0, 0, 0]), image(1, [0, 9, 0], coronal)])).toEqual([1, 2]);
  });

  it("keep their numbers where two lie in one place, as phases of time do", () => {
    expect(order([image(2, [0, 0, 5]), image(1, [0, 0, 5]), image(3, [0, 0, 0])])).toEqual([1, 2, 3]);
  });

  it("are the frames of a multi-frame image, and nothing without pixels", () => {
    const cine = { ...image(1), "00280008": { vr: "IS", Value: ["3"] } };
    const report: Dataset = { "00080018": { vr: "UI", Value: ["2.999.1.9"] } };
    expect(slicesOf("", "2.999", [report, cine]).map((slice) => slice.frame)).toEqual([1, 2, 3]);
  });

  it("know their position", () => {
    const sorted = inOrder(slicesOf("", "2.999", [image(2, [0, 0, 15]), image(1, [0, 0, 10])]));
    expect(sorted.map((slice) => slice.position)).toEqual([10, 15]);
  });
});

describe("the plane of an enhanced image", () => {
  it("is that of the frame's functional groups", () => {
    const position = (z: number): Dataset => ({
      "00209113": { vr: "SQ", Value: [{ "00200032": { vr: "DS", Value: [0, 0, z] } }] },
    });
    const dataset: Dataset = {
      "52009229": {
        vr: "SQ",
        Value: [{ "00209116": { vr: "SQ", Value: [{ "00200037": { vr: "DS", Value: AXIAL } }] } }],
      },
      "52009230": { vr: "SQ", Value: [position(1), position(4)] },
    };
    expect(planeOf(dataset, 2)).toMatchObject({ origin: [0, 0, 4], normal: [0, 0, 1] });
  });
});
