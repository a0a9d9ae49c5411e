import { createCpuRasterizer } from "../../src/render/twin/rasterizer";
import type { Contender } from "./contender";
import type { OurScene, OursName } from "./ours";

export function wasmNames(): OursName[] {
  return [{ name: "lipsplat WASM, 1 thread", api: "wasm", exact: true }];
}

export const wasmBytes = () => 0;

export async function createOurWasm(_name: string, scene: OurScene): Promise<Contender> {
  const { size, pose, plate, mask } = scene;
  const rasterizer = createCpuRasterizer(scene.cloud, scene.camera, size);
  const canvas = new OffscreenCanvas(size.width, size.height);
  const context = canvas.getContext("2d");
  let image = new ImageData(size.width, size.height);
  return {
    draw(motion) {
      const offset = scene.offsets[motion % scene.offsets.length] ?? new Float32Array();
      image = rasterizer.draw(offset, pose, plate, mask);
    },
    finish() {},
    picture() {
      context?.putImageData(image, 0, 0);
      return canvas.convertToBlob();
    },
    destroy() {},
  };
}
