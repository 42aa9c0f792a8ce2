/** In place of `xmlbuilder2`, which vtk.js names for writing files that no page writes. */

export function create(): never {
  throw new Error("No XML is written in a browser");
}
