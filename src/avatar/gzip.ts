import { LipsplatError } from "../player/errors";

/** More than any bundle's file: a few bytes can be made to unpack to any number. */
const MAX_BYTES = 512 * 2 ** 20;

/** @throws LipsplatError `bundle-corrupt`, naming the file. */
export async function gunzip(data: ArrayBuffer, name: string): Promise<ArrayBuffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    const reader = new Blob([data]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      chunks.push(chunk.value);
      bytes += chunk.value.length;
      if (bytes > MAX_BYTES) {
        void reader.cancel();
        throw new RangeError(`more than ${MAX_BYTES} bytes`);
      }
    }
  } catch (cause) {
    throw new LipsplatError("bundle-corrupt", `${name} cannot be unpacked (${cause}).`, { cause });
  }
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole.buffer;
}

export async function gzip(data: BlobPart): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Blob([data]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}
