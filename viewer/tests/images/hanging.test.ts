import { describe, expect, it } from "vitest";
import { chosenPrior, comparable, matchingSeries, shown, type Prior, type Series } from "../../src/images/hanging";

function prior(date: string, description: string, ...modalities: string[]): Prior {
  return { studyInstanceUid: date, date, modalities, description, facility: "SZ-A" };
}

function series(modality: string, description: string, bodyPart = "CHEST"): Series {
  return { seriesInstanceUid: description, number: 1, modality, description, bodyPart, instanceCount: 3 };
}

describe("priors", () => {
  const all = [prior("2024-05-20", "chest", "CT"), prior("2026-01-02", "head", "CT", "SR"), prior("2025-06-12", "chest", "DX")];

  it("are of the modality, newest first", () => {
    expect(comparable(all, "CT").map((each) => each.date)).toEqual(["2026-01-02", "2024-05-20"]);
  });

  it("begin with the newest earlier one that was described alike", () => {
    const candidates = comparable(all, "CT");
    expect(chosenPrior(candidates, { date: "2026-10-20", description: "chest" })?.date).toBe("2024-05-20");
    expect(chosenPrior(candidates, { date: "2026-10-20", description: "spine" })?.date).toBe("2026-01-02");
    expect(chosenPrior(candidates, { date: "2020-01-01", description: "chest" })?.date).toBe("2026-01-02");
    expect(chosenPrior([], { date: "2026-10-20", description: "chest" })).toBeUndefined();
  });
});

describe("series", () => {
  it("of reports are not images", () => {
    expect(shown([series("SR", "report"), series("CT", "5 mm")]).map((each) => each.modality)).toEqual(["CT"]);
  });

  it("of a prior are matched by modality, region and description", () => {
    const candidates = [series("CT", "thin", "HEAD"), series("CT", "thick"), series("CT", "thin"), series("SR", "thin")];
    expect(matchingSeries(candidates, series("CT", "thin"))).toBe(candidates[2]);
    expect(matchingSeries([], series("CT", "thin"))).toBeUndefined();
  });
});
