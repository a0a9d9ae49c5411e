import { LipsplatError } from "../player/errors";

const bad = (what: string, cause?: unknown) =>
  new LipsplatError("bad-option", what, cause === undefined ? undefined : { cause });

/** @throws LipsplatError `bad-option`. */
export function checkSound(sound: unknown): asserts sound is Blob | URL | string {
  if (sound instanceof Blob || sound instanceof URL) return;
  if (typeof sound !== "string" || sound === "") throw bad("a sound is a File, a Blob, a URL or an address.");
  if (!URL.canParse(sound, document.baseURI)) throw bad(`"${sound}" is no address of a sound.`);
}

/** @throws LipsplatError `bad-option`. */
export function checkStream(stream: unknown): asserts stream is MediaStream {
  if (!(stream instanceof MediaStream)) throw bad("attachStream takes a MediaStream.");
  if (stream.getAudioTracks().length === 0) throw bad("the stream has no audio track.");
}

/** @throws LipsplatError `bad-option`. */
export function checkMedia(media: unknown): asserts media is HTMLMediaElement {
  if (!(media instanceof HTMLMediaElement)) throw bad("attachElement takes an <audio> or <video> element.");
}

/** @throws LipsplatError `bad-sound`. */
export function checkPcm(samples: unknown, rate: unknown): void {
  if (!(samples instanceof Int16Array || samples instanceof Float32Array)) {
    throw new LipsplatError("bad-sound", "samples are an Int16Array or a Float32Array.");
  }
  if (typeof rate !== "number" || !(rate >= 3000 && rate <= 768_000)) {
    throw new LipsplatError("bad-sound", `a rate lies between 3000 and 768000 Hz, ${String(rate)} does not.`);
  }
}

/** @throws LipsplatError `bad-option`. */
export function checkFinite(name: string, value: unknown, least: number, most: number): number {
  if (typeof value === "number" && value >= least && value <= most) return value;
  throw bad(`${name} is a number from ${least} to ${most}, not ${String(value)}.`);
}
