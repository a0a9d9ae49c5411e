import * as Comlink from "comlink";
import { decodeSound, fetchSound } from "../audio/decode";
import { folderUrl } from "../avatar/folder-url";
import { LipsplatError } from "../player/errors";
import { linkWorker } from "../player/rpc";
import type { DubApi, DubJob, DubResult } from "./dub.worker";
import type { Write } from "./output";
import { planVideo, type VideoPlan } from "./plan";
import type { ExportOptions, ToDisk } from "./types";

export type {
  Captions,
  ExportOptions,
  ExportProgress,
  ToDisk,
  VideoFormat,
  VideoOptions,
  VideoTarget,
} from "./types";

/** The fallback decoder resamples to one rate: the usual one. */
const FALLBACK_RATE = 48000;

/**
 * Renders a sound into a video of the talking head: every frame at its exact time, as fast as the machine can.
 * Frame i covers [i/fps, (i + 1)/fps) and shows the middle of it; the sound starts at 0, at its own rate.
 * The same sound always gives the same motion. Goes on in a hidden tab.
 *
 * @throws LipsplatError `bad-option`, `no-video-encoder`, `disk-full`, `export-cancelled`, `export-failed`,
 *   or what `loadAvatar` and `decodeSound` tell.
 */
export async function exportVideo(
  src: Blob | URL | string,
  options: ExportOptions & ToDisk,
): Promise<undefined>;
export async function exportVideo(src: Blob | URL | string, options: ExportOptions): Promise<Blob>;
export async function exportVideo(
  src: Blob | URL | string,
  options: ExportOptions & Partial<ToDisk>,
): Promise<Blob | undefined> {
  const { target } = options;
  try {
    const plan = planVideo(options);
    const result = await render(src, plan, options);
    await target?.close().catch(diskFailure);
    return result.file && new Blob([result.file], { type: `video/${plan.format}` });
  } catch (cause) {
    // What was written is dropped; a target that is broken already has nothing to drop.
    await target?.abort().catch(() => undefined);
    if (options.signal?.aborted) throw new LipsplatError("export-cancelled", "", { cause });
    throw cause;
  }
}

async function render(
  src: Blob | URL | string,
  plan: VideoPlan,
  options: ExportOptions & Partial<ToDisk>,
): Promise<DubResult> {
  const { avatarUrl, speechUrl, renderer = "auto", onProgress, target } = options;
  const signal = options.signal ?? new AbortController().signal;
  signal.throwIfAborted();
  const file = src instanceof Blob ? src : await fetchSound(src, signal);
  if (file.size === 0) throw new LipsplatError("empty-audio");
  const job: DubJob = {
    sound: file,
    plan,
    avatarUrl: folderUrl(avatarUrl),
    speechUrl: folderUrl(speechUrl),
    renderer,
  };
  const write: Write | undefined =
    target && (({ data, position }) => target.write({ type: "write", data, position }).catch(diskFailure));
  const run = (sound: DubJob["sound"]) => runJob({ ...job, sound }, signal, onProgress, write);
  return awake(async () => {
    try {
      return await run(file);
    } catch (cause) {
      if (!(cause instanceof LipsplatError && cause.code === "not-audio")) throw cause;
    }
    // The page's own decoder may know what WebCodecs does not.
    const buffer = await decodeSound(new OfflineAudioContext(1, 1, FALLBACK_RATE), file, signal);
    const pcm = Array.from({ length: buffer.numberOfChannels }, (_, c) => buffer.getChannelData(c));
    return run({ pcm, rate: buffer.sampleRate });
  });
}

/** A hidden tab may be frozen, but not while it holds a lock; a frame whose storage is blocked is given none, and does without. */
async function awake<T>(work: () => Promise<T>): Promise<T> {
  let begun = false;
  try {
    return await navigator.locks.request(`lipsplat-export-${crypto.randomUUID()}`, () => {
      begun = true;
      return work();
    });
  } catch (cause) {
    if (begun) throw cause;
    return work();
  }
}

/** A worker of its own for each video: ending it leaves nothing running. */
async function runJob(
  job: DubJob,
  signal: AbortSignal,
  onProgress: ExportOptions["onProgress"],
  write: Write | undefined,
): Promise<DubResult> {
  // Vite finds workers by this very form.
  const worker = new Worker(new URL("./dub.worker.ts", import.meta.url), { type: "module", name: "dub" });
  const link = linkWorker<DubApi>(worker, "dub", () => undefined);
  signal.addEventListener("abort", link.terminate);
  try {
    signal.throwIfAborted();
    return await link.call((api) =>
      api.render(
        job,
        Comlink.proxy((progress) => {
          try {
            if (!signal.aborted) onProgress?.(progress);
          } catch (error) {
            reportError(error);
          }
        }),
        write && Comlink.proxy(write),
      ),
    );
  } catch (cause) {
    const died = cause instanceof LipsplatError && cause.code === "worker-died";
    throw died ? new LipsplatError("export-failed", cause.detail, { cause }) : cause;
  } finally {
    signal.removeEventListener("abort", link.terminate);
    link.terminate();
  }
}

function diskFailure(cause: unknown): never {
  const full = cause instanceof DOMException && cause.name === "QuotaExceededError";
  throw full
    ? new LipsplatError("disk-full", "", { cause })
    : new LipsplatError("export-failed", `the file cannot be written (${cause}).`, { cause });
}
