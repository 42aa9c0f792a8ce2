import { describe, expect, it } from "vitest";
import { lettersOf, markersOf, projectionMarkers } from "../../src/images/orientation";

describe("letters", () => {
  it("name the axis of the patient", () => {
    expect(lettersOf([1, 0, 0])).toBe("L");
    expect(lettersOf([0, -1, 0])).toBe("A");
    expect(lettersOf([0, 0, -1])).toBe("F");
  });

  it("name an oblique direction by its greater part first", () => {
    expect(lettersOf([0, 0.5, 0.87])).toBe("HP");
    expect(lettersOf([0.99, 0.1, 0])).toBe("L");
  });
});

describe("markers", () => {
  it("show an axial slice from the feet: the patient's right on the left", () => {
    expect(markersOf([1, 0, 0], [0, 1, 0])).toEqual({ top: "A", right: "L", bottom: "P", left: "R" });
  });

  it("show a coronal slice with the head up", () => {
    expect(markersOf([1, 0, 0], [0, 0, -1])).toEqual({ top: "H", right: "L", bottom: "F", left: "R" });
  });
});

describe("markers of a projection", () => {
  it("follow Patient Orientation", () => {
    expect(projectionMarkers(["L", "F"])).toEqual({ top: "H", right: "L", bottom: "F", left: "R" });
    expect(projectionMarkers(["P", "L"])).toEqual({ top: "R", right: "P", bottom: "L", left: "A" });
    expect(projectionMarkers(["AR", "FR"]).left).toBe("PL");
  });

  it("are absent where the image does not say", () => {
    expect(projectionMarkers([""])).toEqual({ top: "", right: "", bottom: "", left: "" });
  });
});
