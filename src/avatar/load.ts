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
  // What a first frame does without is fetched when it is asked for.
  /** ONNX bytes: takes any coefficients to what this avatar has shown; without it they are picked by name. */
  codec(): Promise<ArrayBuffer | undefined>;
  /** The network that goes over jaw and neck; without it they stay as they are drawn. */
  restorer(): Promise<RestorerWeights | undefined>;
  /** WebP bytes. */
  poster(): Promise<ArrayBuffer>;
}

export interface SpeechModel {
  readonly manifest: SpeechManifest;
  /** ONNX bytes. */
  readonly encoder: ArrayBuffer;
  /** ONNX bytes, fetched when they are asked for; without them the face hears little but the words. */
  cues(): Promise<ArrayBuffer | undefined>;
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
  const { gaussians, deform, motion, torso, mask, matte, codec, restorer, poster } = manifest.files;
  const [ply, onnx, rows, video, grey, opacity] = await fetchAll(
    source.open,
    [gaussians, deform, motion, torso, mask, matte],
    cache,
    onDownload,
  );
  const later = (file: BundleFile) => fetchFile(source.open, file, cache, () => undefined);
  return {
    manifest,
    cloud: readPly(ply, manifest),
    deform: onnx,
    motion: readMotion(rows, manifest.frames),
    torso: video,
    mask: grey,
    matte: opacity,
    codec: async () => codec && later(codec),
    async restorer() {
      if (!restorer) return undefined;
      const [network, { readRestorer }] = await Promise.all([later(restorer), import("./restorer-weights")]);
      return readRestorer(manifest, network);
    },
    poster: () => later(poster),
  };
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
  const cache = createFileCache();
  const [encoder] = await fetchAll(open, [manifest.file], cache, onDownload);
  return { manifest, encoder, cues: async () => cues && fetchFile(open, cues.file, cache, () => undefined) };
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
