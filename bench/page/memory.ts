import type { DeformWeights } from "../../src/avatar/deform-weights";
import type { Avatar } from "../../src/avatar/load";
import { likelyKernel } from "../../src/render/passes/kernels";
import type { Picture } from "../../src/render/picture";
import { createCpuPicture } from "../../src/render/picture-cpu";
import { createGpuPicture } from "../../src/render/picture-webgpu";
import { openGpu } from "./ours-webgpu";
import { conditions, file, loadManifest, loadScene, loadWeights } from "./scene";

/** Bytes by where they are held. */
export interface HeldBytes {
  /** Buffers and textures. */
  readonly device: number;
  readonly wasm: number;
  /** Those of `wasm` that the browser counts among the scripts' as well. */
  readonly shared: number;
}

const memories: WebAssembly.Memory[] = [];

/** What is held while the player's own picture lives; kept here, as the player keeps it. */
let kept: { avatar: Avatar; picture: Picture } | undefined;

/** Opens the picture that the player would, draws with it and keeps it. */
export async function holdPicture(
  api: "wasm" | "webgpu",
  count: number,
  size: { width: number; height: number },
): Promise<HeldBytes> {
  countWasm();
  const { avatar, plate } = await makeAvatar(count, size);
  let weights: DeformWeights | undefined = await loadWeights(count);
  // Handed over, as the player's are read and forgotten.
  const handOver = () => {
    const given = weights;
    weights = undefined;
    return given;
  };
  const canvas = new OffscreenCanvas(size.width, size.height);
  const gpu = api === "webgpu" ? await openGpu() : undefined;
  const picture = gpu
    ? await createGpuPicture(gpu.device, canvas, avatar, handOver, likelyKernel(gpu.device))
    : await createCpuPicture(canvas, avatar, handOver);
  picture.setTorso(plate, true);
  const pose = { rotation: [0, 0.1, 0], translation: [0, 0, 0], pivot: avatar.manifest.pivot } as const;
  for (let i = 0; i < 3; i++) await picture.draw(conditions(i), pose);
  kept = { avatar, picture };
  const held = memories.map(({ buffer }) => buffer);
  const sum = (buffers: typeof held) => buffers.reduce((total, { byteLength }) => total + byteLength, 0);
  return {
    device: gpu?.bytes() ?? 0,
    wasm: sum(held),
    shared: sum(held.filter((buffer) => !(buffer instanceof ArrayBuffer))),
  };
}

/** The default avatar with that many Gaussians on a canvas of that size. */
async function makeAvatar(count: number, size: { width: number; height: number }) {
  const manifest = await loadManifest();
  const { cloud, plate } = await loadScene(count, size);
  const { deform, torso, mask } = manifest.files;
  const avatar: Avatar = {
    manifest: { ...manifest, canvas: size, gaussians: count },
    cloud,
    // Only its size counts: the renderers get the weights that were read from it.
    deform: new Uint8Array(Math.round((deform.bytes * count) / manifest.gaussians)).fill(1).buffer,
    motion: new Float32Array(manifest.files.motion.bytes / 4),
    torso: await file(torso.path),
    mask: await file(mask.path),
    matte: undefined,
    codec: async () => undefined,
    restorer: async () => undefined,
    poster: () => file(manifest.files.poster.path),
  };
  return { avatar, plate };
}

/** Every WASM memory that is made from now on. */
function countWasm(): void {
  const { Memory } = WebAssembly;
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      memories.push(this);
    }
  };
}

/** The kept picture's renderer; reading it keeps it alive. */
export const keptRenderer = () => kept?.picture.renderer ?? null;
