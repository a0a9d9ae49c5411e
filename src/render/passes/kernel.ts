import { linkShader } from "./shader";

/** Threads per workgroup of every one-dimensional pass. */
export const WORKGROUP = 64;

export function divideUp(a: number, b: number): number {
  return Math.ceil(a / b);
}

/** Buffer slots of a pass by name; the n-th name is `@binding(n)`. */
export type Slots = Record<string, GPUBufferBindingType>;
export type Buffers<S extends Slots> = Readonly<Record<keyof S, GPUBuffer>>;

/** The compute pipelines of one WGSL file, which share their slots. */
export interface Kernel<S extends Slots, E extends string> {
  readonly pipelines: Readonly<Record<E, GPUComputePipeline>>;
  bind(buffers: Buffers<S>): GPUBindGroup;
}

/**
 * @param code WGSL.
 * @param entryPoints each with the values of the `override`s that it uses.
 * @param lengths elements of the arrays that are always as long; their buffers must hold them.
 */
export async function createKernel<S extends Slots, E extends string>(
  device: GPUDevice,
  pass: string,
  code: string,
  slots: S,
  entryPoints: Readonly<Record<E, Record<string, number>>>,
  lengths?: Readonly<Partial<Record<keyof S, number>>>,
): Promise<Kernel<S, E>> {
  const label = `lipsplat.${pass}`;
  const layout = device.createBindGroupLayout({
    label,
    entries: Object.values(slots).map((type, binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type },
    })),
  });
  const pipelineLayout = device.createPipelineLayout({ label, bindGroupLayouts: [layout] });
  const known = Object.entries<number | undefined>(lengths ?? {}).map(([slot, length]) => [
    snakeCase(slot),
    length,
  ]);
  const module = device.createShaderModule({
    label,
    code: linkShader(code, Object.fromEntries(known) as Record<string, number>),
  });
  const pipeline = async ([entryPoint, constants]: [string, Record<string, number>]) =>
    [
      entryPoint,
      await device.createComputePipelineAsync({
        label: `${label}.${entryPoint}`,
        layout: pipelineLayout,
        compute: { module, entryPoint, constants },
      }),
    ] as const;
  const entries = Object.entries<Record<string, number>>(entryPoints);
  const pipelines = Object.fromEntries(await Promise.all(entries.map(pipeline)));
  return {
    pipelines: pipelines as Record<E, GPUComputePipeline>,
    bind: (buffers) =>
      device.createBindGroup({
        label,
        layout,
        entries: Object.keys(slots).map((name, binding) => ({
          binding,
          resource: { buffer: buffers[name as keyof S] },
        })),
      }),
  };
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** How many workgroups: known here, or written by the GPU at a byte offset. */
export type Workgroups = number | { readonly buffer: GPUBuffer; readonly offset: number };

/** Records a step whose buffers are bound. */
export type Recorder = (pass: GPUComputePassEncoder) => void;

export function recorder(
  pipeline: GPUComputePipeline,
  group: GPUBindGroup,
  workgroups: Workgroups,
): Recorder {
  return (pass) => {
    if (workgroups === 0) return;
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    if (typeof workgroups === "number") pass.dispatchWorkgroups(workgroups);
    else pass.dispatchWorkgroupsIndirect(workgroups.buffer, workgroups.offset);
  };
}

/** All of them, in their order. */
export function sequence(...steps: readonly Recorder[]): Recorder {
  return (pass) => {
    for (const step of steps) step(pass);
  };
}
