import { LipsplatError } from "../player/errors";
import type { FileCache } from "./cache";
import { gunzip } from "./gzip";
import type { BundleFile } from "./schema";

/** Bytes of a file from `from` on, in chunks. Throws where the network breaks. */
export type OpenFile = (file: BundleFile, from: number) => AsyncIterable<Uint8Array>;

/** Waits before a broken download goes on, milliseconds; what comes starts the row anew. */
const WAITS = [200, 800, 2000, 5000];
/** What has come is put aside each time this many bytes more are there, so that a page that is left and opened again goes on too. */
const KEEP_EVERY = 2 ** 20;

/** A small text file of the bundle, always revalidated: it names the hashes of the others. */
export async function fetchText(url: URL, signal?: AbortSignal): Promise<string> {
  return (await request(url, { cache: "no-cache", ...(signal && { signal }) })).text();
}

/**
 * One file of a bundle, from the cache or the network, its size and SHA-256 checked before it is returned, unpacked.
 * A download that breaks goes on where it stood, in this visit or the next.
 * @param onBytes is told the bytes of each chunk as it comes.
 * @throws LipsplatError `bundle-unreachable` or `bundle-corrupt`, naming the file.
 */
export async function fetchFile(
  open: OpenFile,
  file: BundleFile,
  cache: FileCache,
  onBytes: (bytes: number) => void,
): Promise<ArrayBuffer> {
  const cached = await cache.read(file.sha256);
  const known = cached?.byteLength === file.bytes && (await sha256(cached)) === file.sha256;
  if (known) onBytes(file.bytes);
  const data = known ? cached : await download(open, file, cache, onBytes);
  return file.encoding === "gzip" ? gunzip(data, file.path) : data;
}

async function download(
  open: OpenFile,
  file: BundleFile,
  cache: FileCache,
  onBytes: (bytes: number) => void,
): Promise<ArrayBuffer> {
  const part = `${file.sha256}.part`;
  const kept = new Uint8Array((await cache.read(part)) ?? []);
  const data = new Uint8Array(file.bytes);
  let at = 0;
  if (kept.length < file.bytes) {
    data.set(kept);
    at = kept.length;
    onBytes(at);
  }
  let saved = at;
  const save = () => {
    saved = at;
    return cache.write(part, data.slice(0, at).buffer);
  };

  for (let failures = 0; at < file.bytes; ) {
    try {
      for await (const chunk of open(file, at)) {
        if (at + chunk.length > file.bytes)
          throw corrupt(file, `is longer than the ${file.bytes} bytes of its manifest`);
        data.set(chunk, at);
        at += chunk.length;
        onBytes(chunk.length);
        failures = 0;
        if (at - saved >= KEEP_EVERY && at < file.bytes) void save();
      }
      break;
    } catch (cause) {
      const wait = WAITS[failures++];
      // A refusal from the start is told at once; what is no LipsplatError is an answer that broke off.
      const began = at > 0 || !(cause instanceof LipsplatError);
      if (began && wait !== undefined && !isCorrupt(cause)) {
        await new Promise((resolve) => setTimeout(resolve, wait));
        continue;
      }
      if (isCorrupt(cause)) await cache.remove(part);
      else if (at > saved) await save();
      if (cause instanceof LipsplatError) throw cause;
      throw new LipsplatError("bundle-unreachable", `${file.path} broke off.`, { cause });
    }
  }
  await cache.remove(part);
  if (at < file.bytes) throw corrupt(file, `has ${at} bytes, not the ${file.bytes} of its manifest`);
  const hash = await sha256(data.buffer);
  if (hash !== file.sha256) {
    // The beginning may be that of another version.
    if (kept.length > 0) {
      onBytes(-file.bytes);
      return download(open, file, cache, onBytes);
    }
    throw corrupt(
      file,
      `has the SHA-256 ${hash.slice(0, 8)}…, not the ${file.sha256.slice(0, 8)}… of its manifest`,
    );
  }
  void cache.write(file.sha256, data.buffer);
  return data.buffer;
}

/**
 * What stands at `url` from byte `from` on (to before byte `to`), whether or not the server knows ranges.
 * @throws LipsplatError `bundle-unreachable`, or what the broken network throws.
 */
export async function* readUrl(url: URL, from: number, to?: number): AsyncGenerator<Uint8Array> {
  const ranged = from > 0 || to !== undefined;
  const range = `bytes=${from}-${to === undefined ? "" : to - 1}`;
  const response = await request(url, ranged ? { headers: { Range: range } } : undefined);
  let skip = response.status === 206 ? 0 : from;
  let left = to === undefined ? Number.POSITIVE_INFINITY : to - from;
  if (!response.body) return;
  const reader = response.body.getReader();
  try {
    for (let chunk = await reader.read(); !chunk.done && left > 0; chunk = await reader.read()) {
      const wanted = chunk.value.subarray(skip).subarray(0, left);
      skip -= Math.min(skip, chunk.value.length);
      left -= wanted.length;
      if (wanted.length > 0) yield wanted;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

export async function request(url: URL, init?: RequestInit): Promise<Response> {
  const name = url.pathname.split("/").at(-1) ?? url.pathname;
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (cause) {
    throw new LipsplatError("bundle-unreachable", `no answer for ${name}.`, { cause });
  }
  if (!response.ok) throw new LipsplatError("bundle-unreachable", `${name} answered ${response.status}.`);
  // Servers of single-page sites answer what they lack with their page.
  if (response.headers.get("content-type")?.includes("text/html")) {
    throw new LipsplatError("bundle-unreachable", `${name} is not there; a web page came instead.`);
  }
  return response;
}

/** Hexadecimal digits. */
export async function sha256(data: BufferSource): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const isCorrupt = (cause: unknown) => cause instanceof LipsplatError && cause.code === "bundle-corrupt";

const corrupt = (file: BundleFile, what: string) =>
  new LipsplatError("bundle-corrupt", `${file.path} ${what}.`);
