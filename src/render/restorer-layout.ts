import type { Convolution } from "../avatar/restorer-weights";

// How both renderers hold the restorer's weights.

/** Outputs that are computed together. */
const BLOCK = 8;
/** Channels of the folded picture: four pixels of three, and four that are zero. */
export const FOLDED_CHANNELS = 16;

/** The 3×3 layers in their order. */
export const LAYERS = ["enter", "down", "deep", "deepest", "middle", "top", "leave"] as const;

/** [channels, n] → [n, channels] */
export function channelsLast(values: Float32Array, channels: number): Float32Array<ArrayBuffer> {
  const count = values.length / channels;
  return Float32Array.from(
    values,
    (_, at) => values[(at % channels) * count + Math.floor(at / channels)] ?? 0,
  );
}

/** [outputs / 8, ky, kx, input, 8] and the bias; 12 inputs or outputs, the picture's, become 16. */
export function packConvolution({ inputs, outputs, weight, bias }: Convolution): Float32Array<ArrayBuffer> {
  const [wideIn, wideOut] = [padded(inputs), padded(outputs)];
  const packed = new Float32Array((wideIn * 9 + 1) * wideOut);
  for (let output = 0; output < outputs; output++) {
    const block = Math.floor(output / BLOCK) * 9 * wideIn * BLOCK + (output % BLOCK);
    for (let input = 0; input < inputs; input++) {
      for (let tap = 0; tap < 9; tap++) {
        packed[block + (tap * wideIn + input) * BLOCK] = weight[(output * inputs + input) * 9 + tap] ?? 0;
      }
    }
  }
  if (bias) packed.set(bias, wideIn * 9 * wideOut);
  return packed;
}

/** To whole blocks. */
export const padded = (channels: number): number => Math.ceil(channels / BLOCK) * BLOCK;
