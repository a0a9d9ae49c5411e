import { createWasmSession } from "../avatar/onnx";
import type { AvatarManifest } from "../avatar/schema";
import { LipsplatError } from "../player/errors";
import { ARKIT_SIZE } from "./arkit";
import { EXPRESSION_SIZE } from "./conditions";

/** Takes anybody's coefficients to what this avatar has shown, frame by frame at 25 Hz. */
export interface Codec {
  /** Frames by which an answer is behind what was pushed last. */
  readonly lookAhead: number;
  /**
   * Takes the next frame's ARKit coefficients [52]; one beyond 0 … 1 is clamped, one that is NaN rests at 0.
   * Calls follow one another: the next after the answer.
   * @returns the avatar's channels [13] of the frame `lookAhead` frames ago, of the first as long as there is none.
   * @throws LipsplatError `bad-option` where they are not 52.
   */
  push(coefficients: Float32Array): Promise<Float32Array>;
  /** What comes next follows nothing. */
  restart(): void;
  release(): Promise<void>;
}

/**
 * @param bytes of expression-codec.onnx.
 * @throws LipsplatError `bundle-corrupt`, naming the field, where it was made for another avatar or cannot be run.
 */
export async function createCodec(manifest: AvatarManifest, bytes: ArrayBuffer): Promise<Codec> {
  const { codec, expression, files } = manifest;
  if (!codec) throw corrupt("codec: missing, files.codec is there");
  if (codec.motion !== files.motion.sha256) {
    throw corrupt("codec.motion: the codec was made for another avatar's motion.bin");
  }
  const { frames, lookAhead } = codec;
  const session = await createWasmSession(files.codec?.path ?? "expression-codec.onnx", bytes, {
    inputs: ["coefficients"],
    outputs: ["expression"],
  });
  const window = new Float32Array(frames * ARKIT_SIZE);
  let empty = true;

  return {
    lookAhead,
    async push(coefficients) {
      if (coefficients.length !== ARKIT_SIZE) {
        throw new LipsplatError(
          "bad-option",
          `coefficients: the codec takes ${ARKIT_SIZE} of a frame, not ${coefficients.length}.`,
        );
      }
      const newest = coefficients.map(clamped);
      if (empty) for (let row = 0; row < frames - 1; row++) window.set(newest, row * ARKIT_SIZE);
      else window.copyWithin(0, ARKIT_SIZE);
      window.set(newest, (frames - 1) * ARKIT_SIZE);
      empty = false;
      const said = (
        await session
          .run({ coefficients: { data: window, dims: [1, frames, ARKIT_SIZE] } })
          .catch((cause: unknown) => {
            throw corrupt(`codec.frames: the codec does not take ${frames}`, cause);
          })
      )["expression"];
      // Of a window of its length the codec answers for one frame.
      if (said?.length !== EXPRESSION_SIZE) {
        throw corrupt(`codec.frames: the codec does not answer ${frames} with one`);
      }
      return expression.reduce((out, { min, max, rest }, i) => {
        const value = said[i] ?? rest;
        out[i] = Number.isFinite(value) ? Math.max(min, Math.min(max, value)) : rest;
        return out;
      }, new Float32Array(EXPRESSION_SIZE));
    },
    restart() {
      empty = true;
    },
    release: session.release,
  };
}

const corrupt = (what: string, cause?: unknown) =>
  new LipsplatError("bundle-corrupt", `avatar.json, field ${what}.`, { cause });

const clamped = (value: number) => (value > 0 ? Math.min(1, value) : 0);
