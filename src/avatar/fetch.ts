import { LipsplatError } from "../player/errors";
import type { FileCache } from "./cache";
import type { BundleFile } from "./schema";

/** A small text file of the bundle, always revalidated: it names the hashes of the others. */
export async function fetchText(url: URL, signal?: AbortSignal): Promise<string> {
  return (await request(url, { cache: "no-cache", ...(signal && { signal }) })).text();
}

/**
 * One file of a bundle, from the cache or the network, its size and SHA-256 checked before it is returned.
 * @param onBytes is told the bytes of each chunk as it comes.
 * @throws LipsplatError `bundle-unreachable` or `bundle-corrupt`, naming the file.
 */
export async function fetchFile(
  base: URL,
  file: BundleFile,
  cache: FileCache,
  onBytes: (bytes: number) => void,
): Promise<ArrayBuffer> {
  const cached = await cache.read(file.sha256);
  if (cached && cached.byteLength === file.bytes && (await sha256(cached)) === file.sha256) {
    onBytes(file.bytes);
    return cached;
  }
  const data = await download(new URL(file.path, base), file, onBytes);
  const hash = await sha256(data);
  if (hash !== file.sha256) {
    throw corrupt(
      file,
      `has the SHA-256 ${hash.slice(0, 8)}…, not the ${file.sha256.slice(0, 8)}… of its manifest`,
    );
  }
  void cache.write(file.sha256, data);
  return data;
}

async function download(url: URL, file: BundleFile, onBytes: (bytes: number) => void): Promise<ArrayBuffer> {
  const response = await request(url);
  if (!response.body) throw corrupt(file, "is empty");
  const data = new Uint8Array(file.bytes);
  let at = 0;
  const reader = response.body.getReader();
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      const { value } = chunk;
      if (at + value.length > file.bytes)
        throw corrupt(file, `is longer than the ${file.bytes} bytes of its manifest`);
      data.set(value, at);
      at += value.length;
      onBytes(value.length);
    }
  } catch (cause) {
    await reader.cancel().catch(() => undefined);
    if (cause instanceof LipsplatError) throw cause;
    throw new LipsplatError("bundle-unreachable", `${file.path} broke off.`, { cause });
  }
  if (at < file.bytes) throw corrupt(file, `has ${at} bytes, not the ${file.bytes} of its manifest`);
  return data.buffer;
}

async function request(url: URL, init?: RequestInit): Promise<Response> {
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

async function sha256(data: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const corrupt = (file: BundleFile, what: string) =>
  new LipsplatError("bundle-corrupt", `${file.path} ${what}.`);
