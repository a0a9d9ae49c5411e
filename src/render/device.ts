/** Asked for up to what the adapter has: large clouds need more than the default limits. */
const LIMITS = ["maxBufferSize", "maxStorageBufferBindingSize", "maxStorageBuffersPerShaderStage"] as const;

const TIMING: readonly GPUFeatureName[] = ["timestamp-query"];

export interface Gpu {
  readonly device: GPUDevice;
  /** True where the adapter is a CPU in disguise. */
  readonly software: boolean;
}

/** A device of our own; undefined where there is no WebGPU. A lost device needs a new call: its adapter is spent. */
export async function requestGpu(): Promise<Gpu | undefined> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) return undefined;
  const device = await adapter.requestDevice({
    label: "lipsplat",
    requiredFeatures: TIMING.filter((feature) => adapter.features.has(feature)),
    requiredLimits: Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]])),
  });
  return { device, software: adapter.info.isFallbackAdapter };
}
