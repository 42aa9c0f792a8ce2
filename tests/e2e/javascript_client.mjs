/**
 * Walks a served medshare with dicomweb-client as it is published, and prints what came back.
 *
 * node javascript_client.mjs <the client's folder> <DICOMweb root> <token> <file> ...
 * Buffers are told by their size and SHA-256. The client is written for browsers: what it asks of
 * them is XMLHttpRequest, which stands here over fetch.
 */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

class XMLHttpRequest {
  headers = {};
  readyState = 0;
  status = 0;
  response = null;
  responseType = "";

  open(method, url) {
    this.method = method.toUpperCase();
    this.url = url;
  }

  setRequestHeader(name, value) {
    this.headers[name] = value;
  }

  getResponseHeader(name) {
    return this.answer.headers.get(name);
  }

  getAllResponseHeaders() {
    return [...this.answer.headers].map(([name, value]) => `${name}: ${value}\r\n`).join("");
  }

  async send(body) {
    this.answer = await fetch(this.url, { method: this.method, headers: this.headers, body });
    this.status = this.answer.status;
    this.response = this.responseType === "json" ? await this.json() : await this.bytes();
    this.readyState = 4;
    this.onreadystatechange();
  }

  async json() {
    const text = await this.answer.text();
    return text === "" ? null : JSON.parse(text);
  }

  async bytes() {
    return this.responseType === "arraybuffer" ? this.answer.arrayBuffer() : this.answer.text();
  }
}

globalThis.XMLHttpRequest = XMLHttpRequest;
console.debug = () => {}; // one of its methods tells of itself
const [folder, root, token, ...files] = process.argv.slice(2);
const { api } = createRequire(import.meta.url)(folder);
const headers = { Authorization: `Bearer ${token}` };
const client = new api.DICOMwebClient({ url: root, headers, verbose: false });
const byUri = new api.DICOMwebClient({ url: root, wadoURLPrefix: "wado", verbose: false });

const told = (buffer) => [buffer.byteLength, createHash("sha256").update(new Uint8Array(buffer)).digest("hex")];
const only = ([buffer]) => told(buffer);
const all = (buffers) => buffers.map(told);
const whole = async (path) => {
  const bytes = await readFile(path);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
};

const datasets = await Promise.all(files.map(whole));
const stored = JSON.parse(await client.storeInstances({ datasets }));
const [study] = await client.searchForStudies({
  queryParams: { PatientID: "A-1", ModalitiesInStudy: ["CT", "SR"], StudyInstanceUID: "2.999.9.1" },
});
const studyInstanceUID = study["0020000D"].Value[0];
const [series] = await client.searchForSeries({ studyInstanceUID });
const seriesInstanceUID = series["0020000E"].Value[0];
const ofSeries = { studyInstanceUID, seriesInstanceUID };
const instances = await client.searchForInstances(ofSeries);
const sopInstanceUID = instances[0]["00080018"].Value[0];
const ofInstance = { ...ofSeries, sopInstanceUID };
const described = await client.retrieveInstanceMetadata(ofInstance);
const frames = { ...ofInstance, frameNumbers: [3, 1] };
const jpegLs = [{ mediaType: "image/jls", transferSyntaxUID: "1.2.840.10008.1.2.4.80" }];
const jpeg = [{ mediaType: "image/jpeg" }];
const png = [{ mediaType: "image/png" }];
const older = [{ mediaType: "image/x-jls", transferSyntaxUID: "1.2.840.10008.1.2.4.80" }];
const video = (await client.searchForInstances({ queryParams: { StudyInstanceUID: "2.999.9.7" } }))[0];
const ofVideo = {
  studyInstanceUID: video["0020000D"].Value[0],
  seriesInstanceUID: video["0020000E"].Value[0],
  sopInstanceUID: video["00080018"].Value[0],
};
const videoMetadata = await client.retrieveInstanceMetadata(ofVideo);
const videoURI = (videoMetadata[0] ?? videoMetadata)["7FE00010"].BulkDataURI;
const calls = { hook: 0, intercepted: 0 };
const observed = new api.DICOMwebClient({
  url: root,
  headers,
  verbose: false,
  singlepart: true,
  requestHooks: [(request, _metadata) => (calls.hook += 1) && request],
  errorInterceptor: () => (calls.intercepted += 1),
});
await observed.searchForSeries({ queryParams: { Modality: "CT" } });
await observed.storeInstances({ datasets, studyInstanceUID: "2.999.404" }).catch(() => null);
const missing = await client
  .retrieveInstanceMetadata({ ...ofInstance, sopInstanceUID: "2.999.404" })
  .then(() => 200, (failure) => failure.status);

console.log(JSON.stringify({
  stored: stored["00081199"].Value.length,
  instances: instances.length,
  studyMetadata: (await client.retrieveStudyMetadata(ofSeries)).length,
  seriesMetadata: (await client.retrieveSeriesMetadata(ofSeries)).length,
  name: described[0]?.["00100010"] ?? described["00100010"],
  instance: told(await client.retrieveInstance(ofInstance)),
  series: all(await client.retrieveSeries(ofSeries)),
  study: all(await client.retrieveStudy(ofSeries)),
  frames: all(await client.retrieveInstanceFrames(frames)),
  coded: all(await client.retrieveInstanceFrames({ ...frames, mediaTypes: jpegLs })),
  bulk: all(await client.retrieveBulkData({
    BulkDataURI: (described[0] ?? described)["7FE00010"].BulkDataURI,
  })),
  rendered: only(await client.retrieveInstanceRendered({ ...ofInstance, mediaTypes: jpeg })),
  png: only(await client.retrieveInstanceFramesRendered({ ...frames, frameNumbers: [2], mediaTypes: png })),
  thumbnail: only(await client.retrieveInstanceThumbnail({ ...ofInstance, mediaTypes: jpeg })),
  older: all(await client.retrieveInstanceFrames({ ...frames, mediaTypes: older })),
  framesThumbnail: only(await client.retrieveInstanceFramesThumbnail({ ...frames, frameNumbers: [2] })),
  videoRendered: only(await client.retrieveInstanceRendered({
    ...ofVideo,
    mediaTypes: [{ mediaType: "video/*" }],
  })),
  videoBulk: all(await client.retrieveBulkData({
    BulkDataURI: videoURI,
    mediaTypes: [{ mediaType: "video/mp4" }, { mediaType: "application/octet-stream" }],
  })),
  bare: all(await observed.retrieveBulkData({
    BulkDataURI: videoURI,
    headers: { Accept: "video/mp4", Range: "bytes=2-7" },
  })),
  calls,
  uri: byUri.buildInstanceWadoURIUrl({ ...ofInstance, contentType: "application/dicom" }),
  missing,
}));
