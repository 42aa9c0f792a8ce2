import { describe, expect, it } from "vitest";
import { capacityOf, strideOf } from "../../src/images/budget";
import { nextStep, outwards } from "../../src/images/prefetch";

const CT = { rows: 512, columns: 512, bitsAllocated: 16, samplesPerPixel: 1 };

describe("prefetching", () => {
  it("goes outwards from the current slice", () => {
    expect([...outwards(3, 7)]).toEqual([4, 2, 5, 1, 6, 0]);
    expect([...outwards(0, 4)]).toEqual([1, 2, 3]);
  });

  it("loads the nearest slice that is missing", () => {
    expect(nextStep(3, 7, new Set([3, 4]), 7)).toEqual({ load: 2 });
  });

  it("stops when all is there", () => {
    expect(nextStep(0, 2, new Set([0, 1]), 7)).toBeUndefined();
  });

  it("lets the farthest go when the budget is spent", () => {
    expect(nextStep(9, 10, new Set([0, 1, 9]), 3)).toEqual({ load: 8, drop: 0 });
  });

  it("gives up what is too much before it loads", () => {
    expect(nextStep(9, 10, new Set([0, 1, 8, 9]), 3)).toEqual({ drop: 0 });
  });

  it("stops rather than let a nearer slice go", () => {
    expect(nextStep(5, 10, new Set([4, 5, 6]), 3)).toBeUndefined();
  });

  it("ends: moving through a long stack never holds more than fits", () => {
    const has = new Set([0]);
    for (const current of [0, 40, 99, 20]) {
      has.add(current);
      for (let step = nextStep(current, 100, has, 10); step; step = nextStep(current, 100, has, 10)) {
        if (step.load !== undefined) {
          has.add(step.load);
        }
        if (step.drop !== undefined) {
          has.delete(step.drop);
        }
      }
      expect(has.has(current)).toBe(true);
    }
    expect(has.size).toBeLessThanOrEqual(10);
  });
});

describe("the budget", () => {
  it("holds 384 slices of CT, half of them of each of two stacks", () => {
    expect(capacityOf(CT, 1)).toBe(384);
    expect(capacityOf(CT, 2)).toBe(192);
  });

  it("holds a few images however large they are", () => {
    expect(capacityOf({ ...CT, rows: 8192, columns: 8192 }, 1)).toBe(8);
  });

  it("reconstructs 500 slices from every second one", () => {
    expect(strideOf(CT, 300)).toBe(1);
    expect(strideOf(CT, 500)).toBe(2);
  });
});
