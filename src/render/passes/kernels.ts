import type { Tile } from "./frame";

/**
 * How the head's tiles are blended:
 * - `tiles`: few threads of 16 pixels and no workgroup memory, for adapters that are CPUs in disguise;
 * - `tiles-shared`: a thread every 4 pixels, splats staged in workgroup memory, for GPUs.
 */
export type KernelName = "tiles" | "tiles-shared";

export interface KernelTraits {
  readonly name: KernelName;
  /** False: coarser than 58 dB against the reference. */
  readonly exact: boolean;
  /** Side of its tiles. */
  readonly tile: Tile;
  /** Threads of a workgroup in the passes that walk runs of a list, and at most how many runs there are. */
  readonly walkers: number;
  readonly runs: number;
}

export const KERNELS: readonly KernelTraits[] = [
  { name: "tiles", exact: true, tile: 8, walkers: 4, runs: 32 },
  { name: "tiles-shared", exact: true, tile: 16, walkers: 64, runs: 1024 },
];

/** Those that the device can run. */
export function supportedKernels(_device: GPUDevice): KernelName[] {
  return KERNELS.map(({ name }) => name);
}

/** What suits the device where nobody has timed it. */
export function likelyKernel(device: GPUDevice): KernelName {
  return device.adapterInfo?.isFallbackAdapter ? "tiles" : "tiles-shared";
}

/** @throws {TypeError} no such kernel. */
export function kernelTraits(name: KernelName): KernelTraits {
  const traits = KERNELS.find((kernel) => kernel.name === name);
  if (traits === undefined)
    throw new TypeError(`no kernel "${name}": there are ${KERNELS.map((k) => k.name).join(", ")}`);
  return traits;
}
