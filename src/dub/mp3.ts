/** Samples that an MP3 decoder gives before the sound, beside the encoder's own. */
const DECODER_DELAY = 529;
const HEAD_BYTES = 4096;

export interface Mp3Extent {
  /** Samples before the sound. */
  readonly skip: number;
  /** Samples of the sound. */
  readonly length: number;
}

/** Where the sound lies in an MP3's samples, as its LAME tag tells; undefined where it has none. */
export async function readMp3Extent(file: Blob): Promise<Mp3Extent | undefined> {
  const id3 = new Uint8Array(await file.slice(0, 10).arrayBuffer());
  const frame = startsWith(id3, "ID3") ? 10 + synchsafe(id3.subarray(6, 10)) : 0;
  return parseMp3Extent(new Uint8Array(await file.slice(frame, frame + HEAD_BYTES).arrayBuffer()));
}

/** @param head bytes from the first frame on. */
function parseMp3Extent(head: Uint8Array): Mp3Extent | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length < 200 || view.getUint16(0) >> 5 !== 0x7ff) return undefined;
  // The tag lies behind the side information, whose size goes with version and channels.
  const tag = [13, 21, 36].find(
    (at) => startsWith(head.subarray(at), "Xing") || startsWith(head.subarray(at), "Info"),
  );
  if (tag === undefined) return undefined;
  const flags = view.getUint32(tag + 4);
  if (!(flags & 1)) return undefined;
  const frames = view.getUint32(tag + 8);
  const lame = tag + 12 + (flags & 2 ? 4 : 0) + (flags & 4 ? 100 : 0) + (flags & 8 ? 4 : 0);
  if (
    lame + 24 > head.length ||
    !["LAME", "Lavf", "Lavc"].some((name) => startsWith(head.subarray(lame), name))
  )
    return undefined;
  const delays = view.getUint32(lame + 20) & 0xffffff;
  const skip = (delays >> 12) + DECODER_DELAY;
  const padding = Math.max(0, (delays & 0xfff) - DECODER_DELAY);
  // MPEG 1 has 1152 samples a frame, its extensions to low rates have 576.
  const perFrame = ((view.getUint8(1) >> 3) & 3) === 3 ? 1152 : 576;
  return { skip, length: Math.max(0, frames * perFrame - skip - padding) };
}

const startsWith = (bytes: Uint8Array, text: string) =>
  [...text].every((letter, i) => bytes[i] === letter.charCodeAt(0));

const synchsafe = (bytes: Uint8Array) => bytes.reduce((sum, byte) => sum * 128 + (byte & 127), 0);
