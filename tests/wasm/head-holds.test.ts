import "./platform";
import { expect, test } from "vitest";
import { readDeformWeights } from "../../src/avatar/deform-weights";
import { readMotion } from "../../src/avatar/motion";
import { parseAvatar } from "../../src/avatar/schema";
import { ARKIT_SIZE, pickExpression } from "../../src/motion/arkit";
import { createCodec } from "../../src/motion/codec";
import { EXPRESSION_SIZE, LIP_SIZE } from "../../src/motion/conditions";
import { createTurnLimit, limitExpression } from "../../src/motion/limits";
import { compileKernel, createMemory } from "../../src/render/wasm/builds";
import { startKernel } from "../../src/render/wasm/kernel";
import { packWeights } from "../../src/render/wasm/pack";
import { defaultDeform, defaultHead } from "../deform";
import { defaultAvatarFile } from "../models";
import { random } from "../wgsl/scenes";

const VECTORS = 10_000;
/** Every vector moves one Gaussian in so many, another share each time: all of them, five hundred times. */
const SHARES = 20;
/** Decimetres beyond the head at rest: what a chin and a lip of the capture move, twice over. */
const MARGIN = 0.4;
const ROW = 16;

const manifest = parseAvatar(new TextDecoder().decode(defaultAvatarFile("avatar.json")));
const motion = readMotion(defaultAvatarFile(manifest.files.motion.path), manifest.frames);
const { cloud } = defaultHead();

/** Anything at all: mostly some way out of range, now and then no number. */
function wild(next: () => number, length: number): Float32Array {
  const scale = 10 ** (3 * next() - 1);
  return Float32Array.from({ length }, () => {
    const draw = next();
    if (draw < 0.01) return Number.NaN;
    if (draw < 0.015) return Number.POSITIVE_INFINITY;
    return scale * (2 * next() - 1) + 0.5;
  });
}

const without = async (coefficients: Float32Array) => {
  const values = new Float32Array(EXPRESSION_SIZE);
  pickExpression(coefficients, values);
  limitExpression(manifest.expression, values);
  return values;
};

async function withCodec() {
  const path = manifest.files.codec?.path;
  if (!path) throw new Error("the default avatar has no codec");
  const codec = await createCodec(manifest, defaultAvatarFile(path));
  return async (coefficients: Float32Array) => {
    const values = await codec.push(coefficients);
    limitExpression(manifest.expression, values);
    return values;
  };
}

const ways = [["the codec off", async () => without] as const];
if (manifest.files.codec) ways.push(["the codec on", withCodec] as never);

test.each(ways)(
  "10 000 random faces leave every Gaussian finite and in the head's box, %s",
  async (_, open) => {
    const weights = readDeformWeights(defaultDeform());
    if (!weights) throw new Error("the default avatar's deform.onnx is another graph");
    const through = await open();
    const memory = createMemory(false, 0);
    const kernel = await startKernel(await compileKernel(false), memory);
    kernel.reserve(weights.count, 4, 1, 1, 1, true);
    packWeights(weights, kernel, memory.buffer);
    const out = memory.buffer.byteLength;
    memory.grow(Math.ceil((weights.count * 64 + 704) / 65_536));
    const conditions = new Float32Array(memory.buffer, kernel.conditions(), LIP_SIZE + EXPRESSION_SIZE);
    const rows = new Float32Array(memory.buffer, out, weights.count * ROW);
    const box = [0, 1, 2].map((axis) => {
      const column = cloud.position.filter((_: number, i: number) => i % 3 === axis);
      return [Math.min(...column) - MARGIN, Math.max(...column) + MARGIN] as const;
    });
    const share = Math.ceil(weights.count / SHARES);
    const next = random(9);
    let beyond = 0;
    let broken = 0;
    for (let k = 0; k < VECTORS; k++) {
      conditions.set(Float32Array.from({ length: LIP_SIZE }, () => 3 * next() - 1.5));
      conditions.set(await through(wild(next, ARKIT_SIZE)), LIP_SIZE);
      const from = share * (k % SHARES);
      const to = Math.min(weights.count, from + share);
      kernel.deform(from, to, out, out + weights.count * 64);
      for (let i = from; i < to; i++) {
        const at = (i - from) * ROW;
        for (let c = 0; c < 14; c++) if (!Number.isFinite(rows[at + c])) broken++;
        for (const [axis, [least, most]] of box.entries()) {
          const place = (cloud.position[3 * i + axis] ?? 0) + (rows[at + axis] ?? 0);
          if (!(place >= least && place <= most)) beyond++;
        }
      }
    }
    expect({ beyond, broken }).toEqual({ beyond: 0, broken: 0 });
  },
  120_000,
);

test("random turns leave the head within what the capture showed", () => {
  const turned = createTurnLimit(motion);
  const next = random(3);
  for (let k = 0; k < VECTORS; k++) {
    const [pitch = 0, yaw = 0, roll = 0] = wild(next, 3);
    const pose = turned([0, 0, 0], [pitch, yaw, roll]);
    expect(pose.every((angle) => Math.abs(angle) <= 0.25)).toBe(true);
  }
});
