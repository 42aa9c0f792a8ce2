/**
 * Measures as people read them: in millimetres only where the image says how large a pixel is.
 */
import { type Dataset, TAG, items, numbers, text } from "./dataset";

export type Calibration = "calibrated" | "uncalibrated";

/**
 * Tell whether lengths on an image are lengths in the patient.
 *
 * Imager Pixel Spacing is that of the detector, not of the patient (PS3.3 10.7.1.3), so it does
 * not count; ultrasound is calibrated by its regions.
 */
export function calibrationOf(dataset: Dataset): Calibration {
  const spaced = numbers(dataset, TAG.pixelSpacing).filter((each) => each > 0).length === 2;
  const groups = [items(dataset, TAG.sharedGroups)[0], items(dataset, TAG.perFrameGroups)[0]];
  const measured = groups.some((group) => group !== undefined && "00289110" in group);
  const regions = items(dataset, TAG.ultrasoundRegions).length > 0;
  return spaced || measured || regions ? "calibrated" : "uncalibrated";
}

/**
 * Write a length.
 *
 * @param unit as Cornerstone says it: `mm`, `px`, or `cm US Region` with what it was calibrated by
 * @param uncalibrated the word for it in the language of the page
 */
export function lengthText(length: number, unit: string, calibration: Calibration, uncalibrated: string): string {
  const [measure = "px"] = unit.split(" ");
  if (calibration === "uncalibrated" || measure === "px") {
    return `${length.toFixed(0)} px (${uncalibrated})`;
  }
  return measure === "cm" ? `${(10 * length).toFixed(1)} mm` : `${length.toFixed(1)} ${measure}`;
}

/** Return the unit of grey values: HU for CT, else what the file says; empty where it says nothing. */
export function unitOf(dataset: Dataset): string {
  const stated = text(dataset, TAG.rescaleType);
  if (stated !== "" && stated !== "US") {
    return stated;
  }
  return text(dataset, TAG.modality) === "CT" ? "HU" : "";
}
