import { LipsplatError } from "../player/errors";
import type { GaussianCloud } from "../render/scene";
import { createFileCache } from "./cache";
import { fetchFile, fetchText } from "./fetch";
import { readMotion } from "./motion";
import { readPly } from "./ply";
import {
  type AvatarManifest,
  type BundleFile,
  parseAvatar,
  parseSpeech,
  type SpeechManifest,
} from "./schema";

/** Bytes so far and in all. */
export type OnDownload = (loaded: number, total: number) => void;

export interface Avatar {
  readonly manifest: AvatarManifest;
  readonly base: URL;
  readonly cloud: GaussianCloud;
  /** ONNX bytes. */
  readonly deform: ArrayBuffer;
  /** [frames · 19], see MOTION_ROW. */
  readonly motion: Float32Array;
  /** H.264 mp4 bytes. */
  readonly torso: ArrayBuffer;
  /** 8-bit grey PNG bytes. */
  readonly mask: ArrayBuffer;
}

export interface SpeechModel {
  readonly manifest: SpeechManifest;
  /** ONNX bytes. */
  readonly encoder: ArrayBuffer;
}

/** @throws LipsplatError `bundle-unreachable`, `bundle-corrupt`, naming file and field, or `avatar-too-large`. */
export async function loadAvatar(base: URL, onDownload: OnDownload): Promise<Avatar> {
  try {
    return await readAvatar(base, onDownload);
  } catch (cause) {
    // How an allocation fails.
    if (!(cause instanceof RangeError)) throw cause;
    throw new LipsplatError("avatar-too-large", `${cause.message}.`, { cause });
  }
}

async function readAvatar(base: URL, onDownload: OnDownload): Promise<Avatar> {
  const manifest = parseAvatar(await fetchText(new URL("avatar.json", base)));
  const { gaussians, deform, motion, torso, mask } = manifest.files;
  const [ply, onnx, rows, video, grey] = await fetchAll(
    base,
    [gaussians, deform, motion, torso, mask],
    onDownload,
  );
  return {
    manifest,
    base,
    cloud: readPly(ply, manifest),
    deform: onnx,
    motion: readMotion(rows, manifest.frames),
    torso: video,
    mask: grey,
  };
}

/** @throws LipsplatError `bundle-unreachable` or `bundle-corrupt`, naming file and field. */
export async function loadSpeech(base: URL, onDownload: OnDownload): Promise<SpeechModel> {
  const manifest = parseSpeech(await fetchText(new URL("speech.json", base)));
  const [encoder] = await fetchAll(base, [manifest.file], onDownload);
  return { manifest, encoder };
}

async function fetchAll<const F extends readonly BundleFile[]>(
  base: URL,
  files: F,
  onDownload: OnDownload,
): Promise<{ [K in keyof F]: ArrayBuffer }> {
  const cache = createFileCache();
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  let loaded = 0;
  onDownload(0, total);
  const data = await Promise.all(
    files.map((file) =>
      fetchFile(base, file, cache, (bytes) => {
        loaded += bytes;
        onDownload(loaded, total);
      }),
    ),
  );
  return data as { [K in keyof F]: ArrayBuffer };
}
