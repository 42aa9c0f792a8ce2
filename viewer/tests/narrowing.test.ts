import { expect, test } from "vitest";

import { daysBetween, grouped, isWanted, type Wanted } from "../src/patient/narrowing";

const exam = { hospital: "SZ-A", modality: "CT", region: "chest", day: "2026-10-21" };
const all: Wanted = { hospital: "", modality: "", region: "", days: "" };

test("every wish that is made has to hold", () => {
  expect(isWanted(exam, all, "2026-11-20")).toBe(true);
  expect(isWanted(exam, { ...all, hospital: "SZ-A", modality: "CT", region: "chest" }, "2026-11-20")).toBe(true);
  expect(isWanted(exam, { ...all, hospital: "SZ-B" }, "2026-11-20")).toBe(false);
  expect(isWanted(exam, { ...all, modality: "MR" }, "2026-11-20")).toBe(false);
  expect(isWanted(exam, { ...all, region: "head" }, "2026-11-20")).toBe(false);
});

test("the last day of a period is in it", () => {
  expect(isWanted(exam, { ...all, days: "30" }, "2026-11-20")).toBe(true);
  expect(isWanted(exam, { ...all, days: "30" }, "2026-11-21")).toBe(false);
  expect(daysBetween("2024-02-28", "2024-03-01")).toBe(2);
});

test("groups stand in the order of their first member", () => {
  expect(grouped(["b1", "a1", "b2"], (each) => each.charAt(0))).toEqual([
    ["b", ["b1", "b2"]],
    ["a", ["a1"]],
  ]);
});
