const SEEK_PRE_ROLL = [0x56, 0xbb];
const CODEC_DELAY = [0x56, 0xaa];
/** Where the tracks are described. */
const HEADER_BYTES = 8192;

/**
 * Tells players of a WebM how much Opus puts before the sound. mediabunny writes that time, but as SeekPreRoll;
 * without CodecDelay, what goes by stamps (ffmpeg, VLC, mpv) plays the sound so much late: 6.5 ms.
 * Both elements are equally long, so the file keeps its shape. Matroska, RFC 9559, 5.1.4.1.25.
 * @param head bytes of the file from its beginning, changed in place.
 * @param description OpusHead, RFC 7845, 5.1.
 */
export function tellCodecDelay(head: Uint8Array, description: Uint8Array): void {
  const preSkip = (description[10] ?? 0) + 256 * (description[11] ?? 0);
  const nanoseconds = Math.round((1e9 * preSkip) / 48000);
  const value: number[] = [];
  for (let left = nanoseconds; left > 0; left = Math.floor(left / 256)) value.unshift(left % 256);
  const element = [...SEEK_PRE_ROLL, 0x80 + value.length, ...value];
  const end = Math.min(head.length - element.length, HEADER_BYTES);
  for (let at = 0; at < end; at++) {
    if (element.every((byte, i) => head[at + i] === byte)) head.set(CODEC_DELAY, at);
  }
}
