import { checkDeformWeights, type DeformWeights } from "../../avatar/deform-weights";
import type { RestorerWeights } from "../../avatar/restorer-weights";
import { EXPRESSION_SIZE, LIP_SIZE } from "../../motion/conditions";
import { RasterizerLimitError } from "../errors";
import { pinhole } from "../passes/frame";
import type { FusedMotion } from "../picture";
import type { Pixels } from "../pixels";
import {
  type Camera,
  checkCloud,
  type GaussianCloud,
  type HeadPose,
  OFFSET_SIZE,
  rotationMatrix,
  type Size,
} from "../scene";
import { compileKernel, createMemory } from "./builds";
import { type Kernel, startKernel } from "./kernel";
import { packCloud, packWeights } from "./pack";
import type { WasmRestorer } from "./restorer";
import { startThreads, threadsFor } from "./threads";

/** The whole picture on the processor, in WASM SIMD: for machines whose GPU is missing or slow. */
export interface WasmRasterizer {
  /** The caller's included. */
  readonly threads: number;
  /** Lets `draw` restore; its box lies on a picture of this size. Once. @throws {RasterizerLimitError} */
  setRestorer(weights: RestorerWeights): Promise<void>;
  /** Picture under the head, of the canvas' size, copied; null: transparent. */
  setTorso(pixels: Pixels | null): void;
  /** Red channel m, of the canvas' size, copied; null: the render is trusted everywhere. */
  setMask(pixels: Pixels | null): void;
  /**
   * @param motion offset [N,14], or the conditions where the rasterizer was given the network.
   * @param restored whether the restorer is to go over it; ignored where there is none yet.
   * @returns the same ImageData at every call.
   * @throws {RasterizerLimitError} the frame needs more memory than there is.
   */
  draw(motion: Float32Array | FusedMotion, pose: HeadPose, restored?: boolean): ImageData;
  /** The head alone: [height,width,4] premultiplied rgb and transmittance, the caller's own. */
  drawHead(motion: Float32Array | FusedMotion, pose: HeadPose): Float32Array<ArrayBuffer>;
  /** Of the latest frame. */
  readonly stageMs: Readonly<
    Record<"deform" | "project" | "sort" | "blend" | "composite" | "restore", number>
  >;
  readonly memoryBytes: number;
  destroy(): void;
}

export interface WasmRasterizerOptions {
  /** At most; by default as many as there are processors, 4 at most. One without shared memory. */
  threads?: number;
  /** Lets `draw` take the conditions. */
  deform?: DeformWeights;
}

/** Shared memory has a limit from the start: room for the tile pairs of frames that fill the screen, and a restorer. */
const ROOM_BYTES = 256 * 2 ** 20;

/**
 * @throws {RasterizerLimitError} more Gaussians or pixels than WASM's memory holds.
 * @throws {TypeError} an array of the cloud or the weights has the wrong length.
 */
export async function createWasmRasterizer(
  cloud: GaussianCloud,
  camera: Camera,
  size: Size,
  options: WasmRasterizerOptions = {},
): Promise<WasmRasterizer> {
  checkCloud(cloud);
  const { deform } = options;
  if (deform) checkDeformWeights(deform, cloud.count);
  const { width, height } = size;
  const wanted = threadsFor(options.threads);
  const shared = wanted > 1;
  const coefficients = (cloud.shDegree + 1) ** 2;
  const bytes = cloud.count * (coefficients * 12 + (deform ? 700 : 250)) + width * height * 25;
  const memory = createMemory(shared, bytes + ROOM_BYTES);
  const module = await compileKernel(shared);
  const kernel = await startKernel(module, memory);
  if (!kernel.reserve(cloud.count, coefficients, width, height, wanted, deform !== undefined))
    throw tooMuch();
  packCloud(cloud, kernel, memory.buffer);
  if (deform) packWeights(deform, kernel, memory.buffer);
  const threads = 1 + (await startThreads(module, memory, wanted - 1));
  return bindKernel(kernel, memory, threads, cloud.count, camera, size, deform !== undefined);
}

function bindKernel(
  kernel: Kernel,
  memory: WebAssembly.Memory,
  threads: number,
  count: number,
  camera: Camera,
  size: Size,
  fusable: boolean,
): WasmRasterizer {
  const out = new ImageData(size.width, size.height);
  const pixelCount = size.width * size.height;
  // A page's main thread may not sleep.
  const mayWait = !("document" in globalThis);
  const stageMs = { deform: 0, project: 0, sort: 0, blend: 0, composite: 0, restore: 0 };
  let restorer: WasmRestorer | undefined;
  let hasTorso = false;
  let hasMask = false;
  // The memory's buffer is another one after it has grown.
  const bytes = (address: number, length: number) => new Uint8Array(memory.buffer, address, length);
  const floats = (address: number, length: number) => new Float32Array(memory.buffer, address, length);

  const { focal, principal, slopeLimit } = pinhole(camera, size);
  floats(kernel.uniforms() + 60, 9).set([...camera.position, ...focal, ...principal, ...slopeLimit]);

  const run = (
    motion: Float32Array | FusedMotion,
    pose: HeadPose,
    headOnly: boolean,
    restored: boolean,
  ): void => {
    const fused = !(motion instanceof Float32Array);
    if (fused) writeConditions(motion);
    else if (motion.length !== count * OFFSET_SIZE) {
      throw new TypeError(`motion has ${motion.length} values: it must have ${count * OFFSET_SIZE}`);
    } else floats(kernel.offsets(), motion.length).set(motion);
    writePose(pose);
    const over = restored ? restorer : undefined;
    over?.prepare(pose);
    kernel.setFrame(fused, headOnly, hasTorso, hasMask, over !== undefined);
    if (!kernel.draw(threads, mayWait)) throw tooMuch();
    stageMs.deform = kernel.deformTime();
    stageMs.project = kernel.projectTime();
    stageMs.sort = kernel.sortTime();
    stageMs.blend = kernel.blendTime();
    stageMs.composite = kernel.compositeTime();
    stageMs.restore = kernel.restoreTime();
  };

  const writeConditions = ({ lip, expression }: FusedMotion): void => {
    if (!fusable) throw new TypeError("motion must be an offset: the rasterizer was made without `deform`");
    if (lip.length !== LIP_SIZE || expression.length !== EXPRESSION_SIZE)
      throw new TypeError(`motion must have ${LIP_SIZE} lip and ${EXPRESSION_SIZE} expression values`);
    const conditions = floats(kernel.conditions(), LIP_SIZE + EXPRESSION_SIZE);
    conditions.set(lip);
    conditions.set(expression, LIP_SIZE);
  };

  const writePose = ({ rotation, translation, pivot }: HeadPose): void => {
    const uniforms = floats(kernel.uniforms(), 15);
    uniforms.set(rotationMatrix(rotation).flat());
    uniforms.set(pivot, 9);
    uniforms.set([pivot[0] + translation[0], pivot[1] + translation[1], pivot[2] + translation[2]], 12);
  };

  const checkPixels = (name: string, { width, height }: Pixels): void => {
    if (width !== size.width || height !== size.height)
      throw new TypeError(`${name} is ${width}×${height}: it must be ${size.width}×${size.height}`);
  };

  return {
    threads,
    stageMs,
    get memoryBytes() {
      return memory.buffer.byteLength + out.data.byteLength;
    },
    async setRestorer(weights) {
      const { placeRestorer } = await import("./restorer");
      restorer = placeRestorer(weights, kernel, memory);
      if (!restorer) throw tooMuch();
    },
    setTorso(pixels) {
      hasTorso = pixels !== null;
      if (pixels === null) return;
      checkPixels("torso", pixels);
      bytes(kernel.torso(), pixelCount * 4).set(pixels.data);
    },
    setMask(pixels) {
      hasMask = pixels !== null;
      if (pixels === null) return;
      checkPixels("mask", pixels);
      const mask = bytes(kernel.mask(), pixelCount);
      for (let i = 0; i < pixelCount; i++) mask[i] = pixels.data[i * 4] as number;
      kernel.markDeadTiles();
    },
    draw(motion, pose, restored = false) {
      run(motion, pose, false, restored);
      out.data.set(bytes(kernel.pixels(), pixelCount * 4));
      return out;
    },
    drawHead(motion, pose) {
      const picture = kernel.reservePicture();
      if (picture === 0) throw tooMuch();
      run(motion, pose, true, false);
      return floats(picture, pixelCount * 4).slice();
    },
    destroy: kernel.stop,
  };
}

function tooMuch(): RasterizerLimitError {
  return new RasterizerLimitError("WASM's memory is too small: draw fewer Gaussians, or a smaller picture");
}
