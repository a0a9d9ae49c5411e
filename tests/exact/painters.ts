import "../wasm/platform";
import { setFlagsFromString } from "node:v8";
import { KERNELS, type KernelTraits, supportedKernels } from "../../src/render/passes/kernels";
import { createRasterizer } from "../../src/render/rasterizer";
import type { Size } from "../../src/render/scene";
import { createWasmRasterizer } from "../../src/render/wasm/rasterizer";
import { createCpuHead } from "../twin/rasterizer";
import { readTexture, requestDevice } from "../wgsl/gpu";
import type { Scene, View } from "./scene";

/** One way to draw a head. */
export interface Painter {
  readonly name: string;
  /** False: quicker for a coarser picture. */
  readonly exact: boolean;
  /** Runs the deformation network itself: draws only scenes that have one. */
  readonly fused: boolean;
  /** Ready to draw those of the scene's views that are of this size. */
  open(scene: Scene, size: Size): Promise<Canvas>;
  destroy(): void;
}

export interface Canvas {
  /** @returns [height,width,4] premultiplied rgb and coverage, 8 bits. */
  draw(view: View): Promise<ArrayLike<number>>;
  close(): void;
}

/** Every way that this machine has. */
export async function openPainters(): Promise<Painter[]> {
  const device = await requestDevice();
  const supported = supportedKernels(device);
  const kernels = KERNELS.filter(({ name }) => supported.includes(name));
  return [
    twin,
    wasmPainter(false, false),
    wasmPainter(true, false),
    wasmPainter(true, true),
    ...kernels.map((kernel) => gpuPainter(device, kernel, false)),
    // The network comes before any of them.
    ...kernels.slice(0, 1).map((kernel) => gpuPainter(device, kernel, true)),
  ];
}

const twin: Painter = {
  name: "twin",
  exact: true,
  fused: false,
  async open(scene, size) {
    const head = createCpuHead(scene.cloud, scene.camera, size);
    return { draw: async ({ offset, pose }) => toBytes(head.draw(offset, pose)), close() {} };
  },
  destroy() {},
};

function gpuPainter(device: GPUDevice, { name, exact }: KernelTraits, fused: boolean): Painter {
  return {
    name: `${name}${fused ? ", fused" : ""}`,
    exact,
    fused,
    async open({ cloud, camera, deform }, size) {
      const format = "rgba8unorm";
      const options = { kernel: name, deform: fused ? deform : undefined };
      const rasterizer = await createRasterizer(device, cloud, camera, size, format, options);
      const usage = GPUTextureUsage.RENDER_ATTACHMENT | GPUTextureUsage.COPY_SRC;
      const target = device.createTexture({ size: [size.width, size.height], format, usage });
      return {
        async draw({ offset, conditions, pose }) {
          if (fused && conditions) rasterizer.writeConditions(conditions.lip, conditions.expression);
          else rasterizer.writeOffset(offset);
          rasterizer.writePose(pose);
          do {
            const encoder = device.createCommandEncoder();
            rasterizer.record(encoder, target.createView());
            device.queue.submit([encoder.finish()]);
          } while (!(await rasterizer.afterSubmit()));
          return readTexture(device, target);
        },
        close() {
          rasterizer.destroy();
          target.destroy();
        },
      };
    },
    destroy: () => device.destroy(),
  };
}

/** @param relaxed with fused multiply-add, which browsers have and Node 20 hides behind a flag. */
function wasmPainter(relaxed: boolean, fused: boolean): Painter {
  return {
    name: `WASM${relaxed ? ", relaxed" : ""}${fused ? ", fused" : ""}`,
    exact: true,
    fused,
    async open({ cloud, camera, deform }, size) {
      setFlagsFromString(`--${relaxed ? "" : "no-"}experimental-wasm-relaxed-simd`);
      const options = { threads: 1, ...(fused && deform && { deform }) };
      const rasterizer = await createWasmRasterizer(cloud, camera, size, options);
      return {
        async draw({ offset, conditions, pose }) {
          return toBytes(rasterizer.drawHead(fused && conditions ? conditions : offset, pose));
        },
        close: rasterizer.destroy,
      };
    },
    destroy() {},
  };
}

/** [h,w,4] premultiplied rgb and transmittance → rgb and coverage, as a screen shows them. */
function toBytes(head: Float32Array): Uint8ClampedArray {
  return Uint8ClampedArray.from(head, (value, i) => 255 * (i % 4 === 3 ? 1 - value : value));
}
