/** Instants of the city's days, wherever the browser is. */

/** Return the day of an instant in a zone, for example `2026-03-01`. */
export function dayOf(instant: string, zone: string): string {
  return new Date(instant).toLocaleDateString("sv", { timeZone: zone }); // Sweden writes dates so
}

/** Return a time of a day in a zone as an instant by RFC 3339, for example `2026-03-01T00:00:00+08:00`. */
export function instantOf(day: string, time: string, zone: string): string {
  const about = new Date(`${day}T${time}Z`);
  const format = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" });
  const name = format.formatToParts(about).find((each) => each.type === "timeZoneName")?.value ?? "";
  return `${day}T${time}${name.replace("GMT", "") || "+00:00"}`;
}
