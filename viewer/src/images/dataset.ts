/**
 * Reading DICOM JSON (PS3.18 annex F) as the server sends it.
 */

/** One element: its values, absent where it is empty. */
export interface Element {
  vr: string;
  Value?: readonly unknown[];
}

/** The attributes of one instance, by tag of eight hex digits. */
export type Dataset = Readonly<Record<string, Element>>;

export const TAG = {
  sopClassUid: "00080016",
  sopInstanceUid: "00080018",
  modality: "00080060",
  seriesDescription: "0008103E",
  referencedSeries: "00081115",
  referencedSopSequence: "00081199",
  referencedSopInstanceUid: "00081155",
  cineRate: "00180040",
  frameTime: "00181063",
  imagerPixelSpacing: "00181164",
  recommendedFrameRate: "00082144",
  ultrasoundRegions: "00186011",
  seriesInstanceUid: "0020000E",
  seriesNumber: "00200011",
  instanceNumber: "00200013",
  patientOrientation: "00200020",
  imagePosition: "00200032",
  imageOrientation: "00200037",
  frameOfReferenceUid: "00200052",
  samplesPerPixel: "00280002",
  numberOfFrames: "00280008",
  rows: "00280010",
  columns: "00280011",
  pixelSpacing: "00280030",
  bitsAllocated: "00280100",
  windowCentre: "00281050",
  windowWidth: "00281051",
  rescaleType: "00281054",
  windowExplanation: "00281055",
  voiLutFunction: "00281056",
  voiLutSequence: "00283010",
  lutDescriptor: "00283002",
  lutExplanation: "00283003",
  currentEvidence: "0040A375",
  planePosition: "00209113",
  planeOrientation: "00209116",
  sharedGroups: "52009229",
  perFrameGroups: "52009230",
} as const;

/** Return the first value of an attribute as text, empty where there is none. */
export function text(dataset: Dataset, tag: string): string {
  const value = dataset[tag]?.Value?.[0];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** Return every value of an attribute as text. */
export function texts(dataset: Dataset, tag: string): string[] {
  return (dataset[tag]?.Value ?? []).map((value) =>
    typeof value === "string" || typeof value === "number" ? String(value) : "",
  );
}

/** Return the values of an attribute that are numbers; DS and IS may come as text. */
export function numbers(dataset: Dataset, tag: string): number[] {
  return texts(dataset, tag)
    .filter((value) => value !== "")
    .map(Number)
    .filter(Number.isFinite);
}

/** Return the items of a sequence. */
export function items(dataset: Dataset, tag: string): Dataset[] {
  return (dataset[tag]?.Value ?? []).filter(
    (value): value is Dataset => typeof value === "object" && value !== null,
  );
}
