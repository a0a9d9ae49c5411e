import { LipsplatError } from "../player/errors";

export const MAX_SECONDS = 15 * 60;
const MIN_SECONDS = 0.1;
/** Less than this holds no such length. */
const PROBE_BYTES = 2 ** 18;
/** 15 minutes of 24-bit stereo at 192 kHz. */
const MAX_BYTES = 2 ** 30;

/**
 * Reads a sound whole; anything the browser decodes, the sound of an mp4 too.
 * @throws LipsplatError `decode-aborted`, `audio-unreachable`, `not-audio`, `empty-audio` or `too-long`.
 */
export async function decodeSound(
  context: BaseAudioContext,
  file: Blob | URL | string,
  signal: AbortSignal,
): Promise<AudioBuffer> {
  const blob = file instanceof Blob ? file : await fetchSound(file, signal);
  if (blob.size === 0) throw new LipsplatError("empty-audio");
  if (blob.size > MAX_BYTES) throw new LipsplatError("too-long");
  // Decoding an hour would take gigabytes: the length is read from the container first.
  if (blob.size > PROBE_BYTES && (await abortable(containerSeconds(blob), signal)) > MAX_SECONDS)
    throw new LipsplatError("too-long");
  const data = await abortable(blob.arrayBuffer(), signal);
  let buffer: AudioBuffer;
  try {
    buffer = await abortable(context.decodeAudioData(data), signal);
  } catch (cause) {
    if (cause instanceof LipsplatError) throw cause;
    throw new LipsplatError("not-audio", "", { cause });
  }
  if (buffer.duration < MIN_SECONDS) throw new LipsplatError("empty-audio");
  if (buffer.duration > MAX_SECONDS) throw new LipsplatError("too-long");
  return buffer;
}

/** @throws LipsplatError `audio-unreachable` or `decode-aborted`. */
export async function fetchSound(address: URL | string, signal: AbortSignal): Promise<Blob> {
  try {
    const response = await fetch(address, { signal });
    if (response.ok) return await response.blob();
    throw new LipsplatError("audio-unreachable", `${address} answered ${response.status}.`);
  } catch (cause) {
    if (signal.aborted) throw new LipsplatError("decode-aborted", "", { cause });
    if (cause instanceof LipsplatError) throw cause;
    throw new LipsplatError("audio-unreachable", `no answer for ${address}.`, { cause });
  }
}

/** Seconds that the container tells of; 0 where it is not understood, which the decoder then judges. */
async function containerSeconds(blob: Blob): Promise<number> {
  const { ALL_FORMATS, BlobSource, Input } = await import("mediabunny");
  const input = new Input({ source: new BlobSource(blob), formats: ALL_FORMATS });
  try {
    return await input.computeDuration();
  } catch {
    return 0;
  } finally {
    input.dispose();
  }
}

/** The browser cannot stop a decode under way; what it gives after the abort is dropped. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new LipsplatError("decode-aborted"));
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
