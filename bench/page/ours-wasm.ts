import { createWasmRasterizer } from "../../src/render/wasm/rasterizer";
import { threadsFor } from "../../src/render/wasm/threads";
import { type Contender, WEBP } from "./contender";
import type { OurScene, OursName } from "./ours";

export function wasmNames(): OursName[] {
  const most = threadsFor();
  const kind = { api: "wasm", exact: true } as const;
  const names: OursName[] = [{ ...kind, name: "lipsplat WASM", variant: String(most), way: true }];
  if (most > 1) names.push({ ...kind, name: "lipsplat WASM, 1 thread", variant: "1", way: false });
  return names;
}

export async function createOurWasm(threads: string, scene: OurScene): Promise<Contender> {
  const { size, pose, motion, weights } = scene;
  const rasterizer = await createWasmRasterizer(scene.cloud, scene.camera, size, {
    threads: Number(threads),
    ...(weights ? { deform: weights } : {}),
  });
  rasterizer.setTorso(scene.plate);
  rasterizer.setMask(scene.mask);
  const canvas = new OffscreenCanvas(size.width, size.height);
  let image = new ImageData(1, 1);
  return {
    draw(index) {
      image = rasterizer.draw(motion(index), pose);
    },
    finish() {},
    passes: () => ({ ...rasterizer.stageMs }),
    picture() {
      canvas.getContext("2d")?.putImageData(image, 0, 0);
      return canvas.convertToBlob(WEBP);
    },
    destroy: () => rasterizer.destroy(),
  };
}
