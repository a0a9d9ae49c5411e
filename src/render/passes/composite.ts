import code from "../../../shaders/composite.wgsl?raw";
import type { Size } from "../scene";
import { linkShader } from "./shader";
import type { PassTimer } from "./timer";

const LABEL = "lipsplat.composite";
const SLOT = { frame: 0, picture: 1, torso: 2, mask: 3, linear: 4 } as const;

export interface CompositePass {
  readonly memoryBytes: number;
  /** Null: transparent. */
  setTorso(texture: GPUTexture | null): void;
  /** Null: 1 everywhere. */
  setMask(texture: GPUTexture | null): void;
  record(encoder: GPUCommandEncoder, view: GPUTextureView, timer: PassTimer): void;
  destroy(): void;
}

/** Draws the picture, of `size`, over the torso, where the mask trusts it, into a view of `target` format. */
export async function createCompositePass(
  device: GPUDevice,
  target: GPUTextureFormat,
  buffers: { readonly frame: GPUBuffer; readonly picture: GPUBuffer },
  size: Size,
): Promise<CompositePass> {
  const visibility = GPUShaderStage.FRAGMENT;
  const layout = device.createBindGroupLayout({
    label: LABEL,
    entries: [
      { binding: SLOT.frame, visibility, buffer: { type: "uniform" } },
      { binding: SLOT.picture, visibility, buffer: { type: "read-only-storage" } },
      { binding: SLOT.torso, visibility, texture: {} },
      { binding: SLOT.mask, visibility, texture: {} },
      { binding: SLOT.linear, visibility, sampler: {} },
    ],
  });
  const pixels = { picture: size.width * size.height };
  const module = device.createShaderModule({ label: LABEL, code: linkShader(code, pixels) });
  const pipeline = await device.createRenderPipelineAsync({
    label: LABEL,
    layout: device.createPipelineLayout({ label: LABEL, bindGroupLayouts: [layout] }),
    vertex: { module },
    fragment: { module, targets: [{ format: target }] },
  });
  const linear = device.createSampler({ label: LABEL, magFilter: "linear", minFilter: "linear" });
  const transparent = texel(device, 0);
  const white = texel(device, 255);
  const bind = (torso: GPUTexture, mask: GPUTexture) =>
    device.createBindGroup({
      label: LABEL,
      layout,
      entries: [
        { binding: SLOT.frame, resource: { buffer: buffers.frame } },
        { binding: SLOT.picture, resource: { buffer: buffers.picture } },
        { binding: SLOT.torso, resource: torso.createView() },
        { binding: SLOT.mask, resource: mask.createView() },
        { binding: SLOT.linear, resource: linear },
      ],
    });
  let torso = transparent;
  let mask = white;
  let group = bind(torso, mask);
  const set = (newTorso: GPUTexture, newMask: GPUTexture) => {
    if (newTorso === torso && newMask === mask) return;
    torso = newTorso;
    mask = newMask;
    group = bind(torso, mask);
  };
  return {
    memoryBytes: 8,
    setTorso: (texture) => set(texture ?? transparent, mask),
    setMask: (texture) => set(torso, texture ?? white),
    record(encoder, view, timer) {
      const pass = encoder.beginRenderPass({
        label: LABEL,
        colorAttachments: [{ view, loadOp: "clear", storeOp: "store" }],
        ...timer.writes("composite"),
      });
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.draw(3);
      pass.end();
    },
    destroy() {
      transparent.destroy();
      white.destroy();
    },
  };
}

function texel(device: GPUDevice, value: number): GPUTexture {
  const texture = device.createTexture({
    label: LABEL,
    size: [1, 1],
    format: "rgba8unorm",
    usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST,
  });
  device.queue.writeTexture({ texture }, new Uint8Array(4).fill(value), {}, [1, 1]);
  return texture;
}
