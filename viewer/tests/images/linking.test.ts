import { describe, expect, it } from "vitest";
import { begun, followed, linkOf } from "../../src/images/linking";

const thin = { index: 4, positions: [0, 2, 4, 6, 8, 10, 12], count: 7 };
const thick = { index: 1, positions: [100, 105, 110, 115], count: 4 };
const film = { index: 0, count: 30 };

describe("linked scrolling", () => {
  it("moves as many millimetres as the leader, whatever the distance of slices", () => {
    const link = linkOf(thin, thick);
    expect(followed({ ...thin, index: 6 }, thick, link)).toBe(2);
    expect(followed({ ...thin, index: 2 }, thick, link)).toBe(0);
  });

  it("stays at the end where the follower has no more", () => {
    expect(followed({ ...thin, index: 6 }, thick, { by: "position", shift: 500 })).toBe(3);
  });

  it("goes by share where one has no planes", () => {
    expect(followed({ ...thin, index: 3 }, film, linkOf(thin, film))).toBe(15);
  });

  it("begins at the same place in one frame of reference, else at the same share", () => {
    expect(begun(thin, { ...thin, index: 0 }, true)).toBe(4);
    expect(begun({ ...thin, index: 6 }, thick, false)).toBe(3);
  });

  it("does not divide by a stack of one", () => {
    expect(followed({ index: 0, count: 1 }, film, { by: "share" })).toBe(0);
  });
});
