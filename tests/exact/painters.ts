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
  return [twin, ...([8, 16] as const).map((tile) => gpuPainter(device, tile))];
}

const twin: Painter = {
  name: "twin",
  exact: true,
  async open(scene, size) {
    const head = createCpuHead(scene.cloud, scene.camera, size);
    return { draw: async ({ offset, pose }) => toBytes(head.draw(offset, pose)), close() {} };
  },
  destroy() {},
};

function gpuPainter(device: GPUDevice, tile: 8 | 16): Painter {
  return {
    name: `tiles ${tile}`,
    exact: true,
    async open({ cloud, camera }, size) {
      const format = "rgba8unorm";
      const rasterizer = createRasterizer(device, cloud, camera, size, format, { tile });
      const usage = GPUTextureUsage.RENDER_ATTACHMENT | GPUTextureUsage.COPY_SRC;
      const target = device.createTexture({ size: [size.width, size.height], format, usage });
      return {
        async draw({ offset, pose }) {
          device.queue.writeBuffer(rasterizer.offsetBuffer, 0, offset);
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
