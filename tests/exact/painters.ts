import type { Tile } from "../../src/render/passes/frame";
import { createRasterizer } from "../../src/render/rasterizer";
import type { Size } from "../../src/render/scene";
import { createCpuHead } from "../../src/render/twin/rasterizer";
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
  return [twin, gpuPainter(device, 8, false), gpuPainter(device, 8, true), gpuPainter(device, 16, false)];
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

function gpuPainter(device: GPUDevice, tile: Tile, fused: boolean): Painter {
  return {
    name: `tiles of ${tile}${fused ? ", fused" : ""}`,
    exact: true,
    fused,
    async open({ cloud, camera, deform }, size) {
      const format = "rgba8unorm";
      const options = { tile, deform: fused ? deform : undefined };
      const rasterizer = createRasterizer(device, cloud, camera, size, format, options);
      const usage = GPUTextureUsage.RENDER_ATTACHMENT | GPUTextureUsage.COPY_SRC;
      const target = device.createTexture({ size: [size.width, size.height], format, usage });
      return {
        async draw({ offset, conditions, pose }) {
          if (fused && conditions) rasterizer.writeConditions(conditions.lip, conditions.expression);
          else device.queue.writeBuffer(rasterizer.offsetBuffer, 0, offset);
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

/** [h,w,4] premultiplied rgb and transmittance → rgb and coverage, as a screen shows them. */
function toBytes(head: Float32Array): Uint8ClampedArray {
  return Uint8ClampedArray.from(head, (value, i) => 255 * (i % 4 === 3 ? 1 - value : value));
}
