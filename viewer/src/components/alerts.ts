/** Word to a doctor that a result on which they relied has changed: a list that leads to each. */

import { ask } from "../core/api";
import { need } from "../core/dom";
import { t } from "../core/words";
import { dayOf } from "../core/zones";

interface Alert {
  cause: string;
  patientId: string;
  raisedAt: string;
  result: string;
}

const ALERTS = "/api/v1/recognition/alerts";

/** Show the alerts that nobody has taken note of yet, where the page has a place for them. */
export async function showAlerts(): Promise<void> {
  const place = document.querySelector<HTMLElement>('[data-part="alerts"]');
  if (place === null) {
    return;
  }
  const doctor = need('meta[name="user-name"]', HTMLMetaElement).content;
  const { items } = (await ask("GET", `${ALERTS}?state=open&doctor=${encodeURIComponent(doctor)}`)) as { items: Alert[] };
  need("ul", HTMLUListElement, place).replaceChildren(...items.map((each) => lineOf(each, place.dataset["zone"] ?? "UTC")));
  place.hidden = items.length === 0;
}

/** Take note of an alert, so that it goes no further up. */
export async function acknowledge(alertId: string): Promise<void> {
  await ask("POST", `${ALERTS}/${alertId}/acknowledgement`, { body: {} });
}

function lineOf(alert: Alert, zone: string): HTMLLIElement {
  const link = document.createElement("a");
  link.href = `/viewer/patients/${alert.patientId}#${alert.result.split("@")[0] ?? ""}`;
  link.className = "notice notice-danger";
  link.textContent = t(`alert-cause.${alert.cause}`);
  const day = document.createElement("time");
  day.dateTime = alert.raisedAt;
  day.textContent = dayOf(alert.raisedAt, zone);
  link.append(" ", day);
  const line = document.createElement("li");
  line.append(link);
  return line;
}
