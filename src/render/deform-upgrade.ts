import type { Avatar } from "../avatar/load";
import { type Conditions, EXPRESSION_SIZE } from "../motion/conditions";
import type { Deform } from "./deform";
import type { Head } from "./head";

const PROBES = 3;
/** WASM this fast is not worth a second runtime. */
const FAST_ENOUGH_MS = 3;
/** Some drivers compute garbage: offsets (dm, log-scale, logit, colour) must be WASM's, but for rounding. */
const MAX_DIFFERENCE = 1e-3;

/**
 * On a real GPU: loads ONNX Runtime's WebGPU provider behind the live picture, and changes to it
 * where a timed probe finds it faster and its answer is the same. Any failure leaves WASM in place.
 */
export async function upgradeDeform(head: Head, avatar: Avatar, device: GPUDevice): Promise<void> {
  const { manifest } = avatar;
  const probe: Conditions = {
    lip: Float32Array.from(manifest.lip.silence),
    expression: Float32Array.from({ length: EXPRESSION_SIZE }, (_, i) => manifest.expression[i]?.rest ?? 0),
    rotation: [0, 0, 0],
    translation: [0, 0, 0],
    torsoFrame: 0,
  };
  try {
    const wasmMs = await head.between(() => time(() => head.deform.run(probe)));
    if (wasmMs < FAST_ENOUGH_MS) return;
    const { createGpuDeform } = await import("./deform-webgpu");
    const candidate = await createGpuDeform(avatar, device);
    await head.between(async () => {
      const done = () => device.queue.onSubmittedWorkDone();
      const gpuMs = await time(async () => {
        await candidate.run(probe);
        await done();
      });
      const previous = head.deform;
      if (gpuMs < wasmMs && (await difference(previous, candidate, probe, device)) < MAX_DIFFERENCE) {
        head.deform = candidate;
        await previous.release();
      } else await candidate.release();
    });
  } catch (cause) {
    console.warn("lipsplat: deform stays on WASM", cause);
  }
}

/** Median milliseconds after one warm-up. */
async function time(run: () => Promise<unknown>): Promise<number> {
  await run();
  const times: number[] = [];
  for (let i = 0; i < PROBES; i++) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[PROBES >> 1] ?? Number.POSITIVE_INFINITY;
}

/** Largest absolute difference of the two offsets. */
async function difference(wasm: Deform, gpu: Deform, probe: Conditions, device: GPUDevice): Promise<number> {
  const expected = await wasm.run(probe);
  const buffer = await gpu.run(probe);
  if (!(expected instanceof Float32Array) || buffer instanceof Float32Array) return Number.POSITIVE_INFINITY;
  const size = expected.length * 4;
  const readable = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, readable, 0, size);
  device.queue.submit([encoder.finish()]);
  await readable.mapAsync(GPUMapMode.READ);
  const actual = new Float32Array(readable.getMappedRange());
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    worst = Math.max(worst, Math.abs((actual[i] ?? 0) - (expected[i] ?? 0)));
  }
  readable.destroy();
  return worst;
}
