import { expect, it } from "vitest";

import { dayOf, instantOf } from "../src/core/zones";

it("names the offset of the zone on that day", () => {
  expect(instantOf("2026-03-01", "00:00:00", "Asia/Shanghai")).toBe("2026-03-01T00:00:00+08:00");
  expect(instantOf("2026-07-01", "23:59:59", "Europe/Berlin")).toBe("2026-07-01T23:59:59+02:00");
  expect(instantOf("2026-01-01", "00:00:00", "UTC")).toBe("2026-01-01T00:00:00+00:00");
});

it("names the day that it is in the zone, not in the browser's", () => {
  expect(dayOf("2026-03-01T20:00:00Z", "Asia/Shanghai")).toBe("2026-03-02");
  expect(dayOf("2026-03-01T20:00:00Z", "America/New_York")).toBe("2026-03-01");
});
