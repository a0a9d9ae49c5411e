import { LipsplatError } from "../player/errors";
import type { GaussianCloud } from "../render/scene";
import { createFileCache, type FileCache } from "./cache";
import { fetchFile, fetchText, type OpenFile, readUrl } from "./fetch";
import { readMotion } from "./motion";
import { readPly } from "./ply";
import type { RestorerWeights } from "./restorer-weights";
import {
  type AvatarManifest,
  type BundleFile,
  parseAvatar,
  parseSpeech,
  type SpeechManifest,
} from "./schema";
import { openFolder, openSource } from "./source";

/** Bytes so far and in all. */
export type OnDownload = (loaded: number, total: number) => void;

export interface Avatar {
  readonly manifest: AvatarManifest;
  readonly cloud: GaussianCloud;
  /** ONNX bytes. */
  readonly deform: ArrayBuffer;
  /** [frames · 19], see MOTION_ROW. */
  readonly motion: Float32Array;
  /** H.264 mp4 bytes. */
  readonly torso: ArrayBuffer;
  /** 8-bit grey PNG bytes. */
  readonly mask: ArrayBuffer;
  /** 8-bit grey PNG bytes: how opaque the person is in the torso video; without it the background stays as it is. */
  readonly matte: ArrayBuffer | undefined;
  /** ONNX bytes: takes any coefficients to what this avatar has shown; without it they are picked by name. */
  readonly codec: ArrayBuffer | undefined;
  /** The network that goes over jaw and neck; without it they stay as they are drawn. */
  readonly restorer: RestorerWeights | undefined;
  /** WebP bytes, fetched when they are asked for. */
  poster(): Promise<ArrayBuffer>;
}

export interface SpeechModel {
  readonly manifest: SpeechManifest;
  /** ONNX bytes. */
  readonly encoder: ArrayBuffer;
  /** ONNX bytes; without them the face hears little but the words. */
  readonly cues: ArrayBuffer | undefined;
}

/**
 * @param url folder of the bundle, or a `.lipsplat` file (also one on this machine, by its `blob:` address).
 * @throws LipsplatError `bundle-unreachable`, `bundle-newer`, `bundle-corrupt`, naming file and field, or `avatar-too-large`.
 */
export async function loadAvatar(url: URL, onDownload: OnDownload): Promise<Avatar> {
  try {
    return await readAvatar(url, onDownload);
  } catch (cause) {
    // How an allocation fails.
    if (!(cause instanceof RangeError)) throw cause;
    throw new LipsplatError("avatar-too-large", `${cause.message}.`, { cause });
  }
}

async function readAvatar(url: URL, onDownload: OnDownload): Promise<Avatar> {
  const source = await openSource(url);
  const manifest = parseAvatar(source.manifest);
  const cache = createFileCache();
  const { gaussians, deform, motion, torso, mask, matte, codec, restorer } = manifest.files;
  const [ply, onnx, rows, video, grey, opacity, quantizer, network] = await fetchAll(
    source.open,
    [gaussians, deform, motion, torso, mask, matte, codec, restorer],
    cache,
    onDownload,
  );
  return {
    manifest,
    cloud: readPly(ply, manifest),
    deform: onnx,
    motion: readMotion(rows, manifest.frames),
    torso: video,
    mask: grey,
    matte: opacity,
    codec: quantizer,
    restorer: network && (await readRestorer(manifest, network)),
    poster: () => fetchFile(source.open, manifest.files.poster, cache, () => undefined),
  };
}

async function readRestorer(
  { canvas, files, restorer }: AvatarManifest,
  onnx: ArrayBuffer,
): Promise<RestorerWeights> {
  const box = restorer?.box;
  if (!box || box.x + box.width > canvas.width || box.y + box.height > canvas.height) {
    const amiss = box ? "reaches beyond the canvas" : "is missing";
    throw new LipsplatError("bundle-corrupt", `avatar.json, field restorer.box ${amiss}.`);
  }
  const { readRestorerWeights } = await import("./restorer-weights");
  return readRestorerWeights(files.restorer?.path ?? "", onnx, box);
}

/**
 * @param url folder of the model; or, as a bundler leaves it, its encoder alone under any name, with speech.json and the
 *   addresses of cues.onnx and encoder-ahead.onnx in the fragment.
 * @param sound `known` beforehand: the encoder that hears further ahead takes the place of the live one.
 * @throws LipsplatError `bundle-unreachable`, `bundle-newer` or `bundle-corrupt`, naming file and field.
 */
export async function loadSpeech(
  url: URL,
  sound: "live" | "known",
  onDownload: OnDownload,
): Promise<SpeechModel> {
  const [alone, ...others] = url.hash.slice(1).split("&").map(decodeURIComponent);
  const parsed = parseSpeech(alone || (await fetchText(new URL("speech.json", url))));
  const manifest = sound === "known" ? { ...parsed, ...parsed.ahead } : parsed;
  const { cues } = manifest;
  const open: OpenFile = (file, from) => {
    if (!alone) return openFolder(url)(file, from);
    const address = others[[cues?.file, parsed.ahead?.file].indexOf(file)];
    return readUrl(address ? new URL(address) : url, from);
  };
  const files = [manifest.file, cues?.file] as const;
  const [encoder, prosody] = await fetchAll(open, files, createFileCache(), onDownload);
  return { manifest, encoder, cues: prosody };
}

/** What is optional and not there stays undefined. */
type Fetched<F extends readonly (BundleFile | undefined)[]> = {
  [K in keyof F]: F[K] extends BundleFile ? ArrayBuffer : ArrayBuffer | undefined;
};

async function fetchAll<const F extends readonly (BundleFile | undefined)[]>(
  open: OpenFile,
  files: F,
  cache: FileCache,
  onDownload: OnDownload,
): Promise<Fetched<F>> {
  const total = files.reduce((sum, file) => sum + (file?.bytes ?? 0), 0);
  let loaded = 0;
  onDownload(0, total);
  const data = await Promise.all(
    files.map(
      (file) =>
        file &&
        fetchFile(open, file, cache, (bytes) => {
          loaded += bytes;
          onDownload(loaded, total);
        }),
    ),
  );
  return data as Fetched<F>;
}
