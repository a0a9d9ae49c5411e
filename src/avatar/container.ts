import { LipsplatError } from "../player/errors";
import { sha256 } from "./fetch";
import { gzip } from "./gzip";
import { type BundleFile, listFiles, parseAvatar } from "./schema";

/**
 * A `.lipsplat` file is a whole avatar: 8 bytes "lipsplat", the container's version and the manifest's length
 * (uint32, little-endian), the manifest (avatar.json), then its files one after the other in its order.
 * Nothing is between or behind them, so every place follows from the manifest, and each file can be fetched alone.
 */
const MAGIC = "lipsplat";
const VERSION = 1;
const HEAD = 16;
const MAX_MANIFEST = 2 ** 20;
/** Where packing saves less, a file stays as it is. */
const WORTH = 0.95;

export interface ContainerIndex {
  /** avatar.json */
  readonly manifest: string;
  /** Where a file begins, bytes; undefined where it is not in the manifest. */
  place(file: BundleFile): number | undefined;
  /** Bytes of the whole container. */
  readonly bytes: number;
}

/** Bytes of container and manifest, from the first 16 bytes. @throws LipsplatError `bundle-newer` or `bundle-corrupt`. */
function indexBytes(head: Uint8Array): number {
  const magic = new TextDecoder().decode(head.subarray(0, MAGIC.length));
  if (head.length < HEAD || magic !== MAGIC) throw corrupt("it is no .lipsplat file");
  const view = new DataView(head.buffer, head.byteOffset);
  const version = view.getUint32(MAGIC.length, true);
  if (version > VERSION) {
    throw new LipsplatError(
      "bundle-newer",
      `the .lipsplat file has version ${version}, known is ${VERSION}.`,
    );
  }
  const length = view.getUint32(MAGIC.length + 4, true);
  if (length > MAX_MANIFEST) throw corrupt(`its manifest cannot be ${length} bytes long`);
  return HEAD + length;
}

/**
 * @param read gives the bytes [from, to) of the container, fewer where it ends.
 * @throws LipsplatError `bundle-newer` or `bundle-corrupt`.
 */
export async function readIndex(
  read: (from: number, to: number) => Promise<Uint8Array>,
): Promise<ContainerIndex> {
  const end = indexBytes(await read(0, HEAD));
  const text = await read(HEAD, end);
  if (text.length < end - HEAD) throw corrupt("it ends within its manifest");
  const manifest = new TextDecoder().decode(text);
  const places = new Map<string, number>();
  let bytes = end;
  for (const file of listFiles(manifest)) {
    places.set(file.path, bytes);
    bytes += file.bytes;
  }
  return { manifest, place: (file) => places.get(file.path), bytes };
}

/**
 * Packs an avatar into one `.lipsplat` file.
 * @param read gives the file of this name in the avatar's folder.
 * @throws LipsplatError `bundle-newer` or `bundle-corrupt` where the avatar is damaged: it is checked before it is packed.
 */
export async function packAvatar(
  manifest: string,
  read: (name: string) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<Blob> {
  const packed = await compressAvatar(manifest, read);
  const text = new TextEncoder().encode(packed.manifest);
  const head = new Uint8Array(HEAD);
  head.set(new TextEncoder().encode(MAGIC));
  const view = new DataView(head.buffer);
  view.setUint32(MAGIC.length, VERSION, true);
  view.setUint32(MAGIC.length + 4, text.length, true);
  return new Blob([head, text, ...packed.files.values()], { type: "application/octet-stream" });
}

/** The same avatar with every file packed that becomes smaller by it. Files come by name, in the manifest's order. */
export async function compressAvatar(
  manifest: string,
  read: (name: string) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<{ readonly manifest: string; readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>> }> {
  parseAvatar(manifest);
  const json = JSON.parse(manifest) as { files: Record<string, BundleFile>; codec?: { motion: string } };
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const [key, file] of Object.entries(json.files)) {
    const packed = await compressFile(file, read);
    json.files[key] = packed.file;
    // The codec names the motion it was made for, as it lies beside it.
    if (json.codec && json.codec.motion === file.sha256) json.codec.motion = packed.file.sha256;
    files.set(file.path, packed.data);
  }
  return { manifest: JSON.stringify(json), files };
}

/** One file, packed where that makes it smaller. @throws LipsplatError `bundle-corrupt` where it is not what `file` says. */
export async function compressFile(
  file: BundleFile,
  read: (name: string) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<{ readonly file: BundleFile; readonly data: Uint8Array<ArrayBuffer> }> {
  const data = await read(file.path);
  if (data.length !== file.bytes || (await sha256(data)) !== file.sha256) {
    throw corrupt(`${file.path} is not the one that its manifest describes`);
  }
  const packed = file.encoding ? data : await gzip(data);
  if (packed.length >= WORTH * data.length) return { file, data };
  return {
    file: { ...file, bytes: packed.length, sha256: await sha256(packed), encoding: "gzip" },
    data: packed,
  };
}

const corrupt = (what: string) => new LipsplatError("bundle-corrupt", `${what}.`);
