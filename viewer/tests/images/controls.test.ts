import { describe, expect, it } from "vitest";
import { USUAL, assign, read, written } from "../../src/images/buttons";
import { after, rateOf } from "../../src/images/cine";
import { keyInstances, nextKey } from "../../src/images/key_images";
import { calibrationOf, lengthText, unitOf } from "../../src/images/measures";

describe("mouse buttons", () => {
  it("are exchanged, so that no tool is lost", () => {
    expect(assign(USUAL, "primary", "window")).toEqual({ primary: "window", secondary: "scroll", auxiliary: "pan" });
    expect(assign(USUAL, "primary", "length")).toEqual({ primary: "length", secondary: "window", auxiliary: "pan" });
  });

  it("are remembered, and the usual where what is remembered cannot be read", () => {
    expect(read(written(assign(USUAL, "primary", "zoom"))).primary).toBe("zoom");
    for (const broken of ["", "scroll", "scroll.window.laser", "pan.pan.window"]) {
      expect(read(broken)).toEqual(USUAL);
    }
  });
});

describe("cine", () => {
  it("runs at the rate that the image asks for, within bounds", () => {
    expect(rateOf({ "00082144": { vr: "IS", Value: [12] } })).toBe(12);
    expect(rateOf({ "00181063": { vr: "DS", Value: ["83.333333"] } })).toBe(12);
    expect(rateOf({ "00180040": { vr: "IS", Value: [500] } })).toBe(60);
    expect(rateOf({})).toBe(10);
  });

  it("goes on at the beginning", () => {
    expect(after(2, 3)).toBe(0);
  });
});

describe("key images", () => {
  it("are those that a key object selection names, and nothing that another document names", () => {
    const named = (sopClass: string) => ({
      "00080016": { vr: "UI", Value: [sopClass] },
      "0040A375": {
        vr: "SQ",
        Value: [
          {
            "00081115": {
              vr: "SQ",
              Value: [{ "00081199": { vr: "SQ", Value: [{ "00081155": { vr: "UI", Value: ["2.999.5"] } }] } }],
            },
          },
        ],
      },
    });
    expect(keyInstances([named("1.2.840.10008.5.1.4.1.1.88.59")])).toEqual(new Set(["2.999.5"]));
    expect(keyInstances([named("1.2.840.10008.5.1.4.1.1.88.22")])).toEqual(new Set());
  });

  it("follow each other around the end", () => {
    expect(nextKey([true, false, true], 2)).toBe(0);
    expect(nextKey([false, true], 1)).toBe(1);
    expect(nextKey([false], 0)).toBeUndefined();
  });
});

describe("measures", () => {
  it("are millimetres with Pixel Spacing only", () => {
    expect(calibrationOf({ "00280030": { vr: "DS", Value: [0.7, 0.7] } })).toBe("calibrated");
    expect(calibrationOf({ "00181164": { vr: "DS", Value: [0.2, 0.2] } })).toBe("uncalibrated");
    expect(calibrationOf({ "00186011": { vr: "SQ", Value: [{}] } })).toBe("calibrated");
    expect(lengthText(12.345, "mm", "calibrated", "uncalibrated")).toBe("12.3 mm");
    expect(lengthText(12.345, "mm", "uncalibrated", "uncalibrated")).toBe("12 px (uncalibrated)");
    expect(lengthText(12.345, "px", "calibrated", "uncalibrated")).toBe("12 px (uncalibrated)");
    expect(lengthText(3.21, "cm US Region", "calibrated", "uncalibrated")).toBe("32.1 mm");
  });

  it("of CT are Hounsfield units", () => {
    expect(unitOf({ "00080060": { vr: "CS", Value: ["CT"] } })).toBe("HU");
    expect(unitOf({ "00080060": { vr: "CS", Value: ["MR"] } })).toBe("");
    expect(unitOf({ "00281054": { vr: "LO", Value: ["US"] }, "00080060": { vr: "CS", Value: ["MG"] } })).toBe("");
  });
});
