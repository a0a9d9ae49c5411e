import { LipsplatError } from "../player/errors";
import { readIndex } from "./container";
import { fetchText, type OpenFile, readUrl, request } from "./fetch";
import { isAvatarFile } from "./folder-url";

/** Where an avatar comes from: a folder, or a `.lipsplat` file on a server or on this machine. */
export interface AvatarSource {
  /** avatar.json */
  readonly manifest: string;
  readonly open: OpenFile;
}

/** @throws LipsplatError `bundle-unreachable`, `bundle-newer` or `bundle-corrupt`. */
export async function openSource(url: URL): Promise<AvatarSource> {
  if (!isAvatarFile(url)) {
    return { manifest: await fetchText(new URL("avatar.json", url)), open: openFolder(url) };
  }
  if (url.protocol === "blob:") return openBlob(await (await request(url)).blob());
  return openRemote(url);
}

/** Files beside each other. */
export const openFolder =
  (base: URL): OpenFile =>
  (file, from) =>
    readUrl(new URL(file.path, base), from);

/** @throws LipsplatError `bundle-newer` or `bundle-corrupt`. */
async function openBlob(blob: Blob): Promise<AvatarSource> {
  const index = await readIndex(async (from, to) => new Uint8Array(await blob.slice(from, to).arrayBuffer()));
  if (blob.size !== index.bytes) throw wrongSize(blob.size, index.bytes);
  return {
    manifest: index.manifest,
    open: async function* (file, from) {
      const start = index.place(file) ?? blob.size;
      yield new Uint8Array(await blob.slice(start + from, start + file.bytes).arrayBuffer());
    },
  };
}

/** Where the server knows ranges only what is not in the cache is fetched, else the whole. */
async function openRemote(url: URL): Promise<AvatarSource> {
  // Enough for any manifest of the trainer's.
  const first = await request(url, { cache: "no-cache", headers: { Range: "bytes=0-16383" } });
  if (first.status !== 206) return openBlob(await first.blob());
  const start = new Uint8Array(await first.arrayBuffer());
  const total = Number(first.headers.get("content-range")?.split("/")[1]);
  const index = await readIndex(async (from, to) => {
    if (to <= start.length || start.length < 16384) return start.subarray(from, to);
    const chunks: Uint8Array[] = [];
    for await (const chunk of readUrl(url, from, to)) chunks.push(chunk);
    return new Uint8Array(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  });
  // The header is hidden from another origin where that does not expose it.
  if (total && total !== index.bytes) throw wrongSize(total, index.bytes);
  return {
    manifest: index.manifest,
    open(file, from) {
      const place = index.place(file) ?? index.bytes;
      return readUrl(url, place + from, place + file.bytes);
    },
  };
}

const wrongSize = (bytes: number, wanted: number) =>
  new LipsplatError("bundle-corrupt", `the .lipsplat file has ${bytes} bytes, not ${wanted}.`);
