import type { DeformWeights } from "../avatar/deform-weights";
import type { Avatar } from "../avatar/load";
import type { KernelName } from "./passes/kernels";
import type { Motion, Picture } from "./picture";
import { premultiply, readMask, unpremultiply } from "./pixels";
import { createRasterizer, type Rasterizer } from "./rasterizer";
import type { HeadPose, Size } from "./scene";
import { createSized } from "./sized";

/** Draws that find their buffers too small grow them; more often than this is a fault. */
const MAX_TRIES = 6;

/**
 * Draws through WebGPU.
 * @param readWeights gives the weights that let `draw` take the conditions; asked again for each size, so that nobody keeps them.
 */
export async function createGpuPicture(
  device: GPUDevice,
  canvas: OffscreenCanvas,
  { manifest, cloud, mask }: Avatar,
  readWeights: () => DeformWeights | undefined,
  kernel: KernelName,
): Promise<Picture> {
  const full: Size = manifest.canvas;
  const format = navigator.gpu.getPreferredCanvasFormat();
  const usage = GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST;
  const createPictureTexture = (label: string) =>
    device.createTexture({ label, size: full, format: "rgba8unorm", usage });
  const torsoTexture = createPictureTexture("torso");
  const maskTexture = createPictureTexture("mask");
  // Not copyExternalImageToTexture: from a software-decoded VideoFrame it got the last row wrong (Chromium 156).
  const upload = (pixels: ImageData, texture: GPUTexture) =>
    device.queue.writeTexture({ texture }, pixels.data, { bytesPerRow: full.width * 4 }, full);
  upload(await readMask(mask, full.width, full.height), maskTexture);

  const sized = await createSized(full, async (size) => {
    const camera = { canvas: full, ...manifest.camera };
    const rasterizer = await createRasterizer(device, cloud, camera, size, format, {
      kernel,
      deform: readWeights(),
    });
    rasterizer.setTorso(torsoTexture);
    rasterizer.setMask(maskTexture);
    const shelf = createShelf(device, size, format);
    return {
      size,
      rasterizer,
      shelf,
      setRestorer: rasterizer.setRestorer,
      destroy() {
        rasterizer.destroy();
        shelf.destroy();
      },
    };
  });
  let context: GPUCanvasContext | undefined;
  let alphaMode: GPUCanvasAlphaMode = "opaque";
  let configured: GPUCanvasAlphaMode | undefined;

  function takeContext(): GPUCanvasContext {
    const taken = context ?? canvas.getContext("webgpu");
    if (!taken) throw new Error("the canvas gave no WebGPU context");
    if (configured !== alphaMode) taken.configure({ device, format, alphaMode });
    configured = alphaMode;
    return taken;
  }

  /** Draws until the buffers have held the frame. */
  async function drawTo(
    view: () => GPUTextureView,
    rasterizer: Rasterizer,
    motion: Motion,
    pose: HeadPose,
    restored?: boolean,
  ): Promise<void> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      if (motion instanceof Float32Array) rasterizer.writeOffset(motion);
      else rasterizer.writeConditions(motion.lip, motion.expression);
      rasterizer.writePose(pose, restored);
      const encoder = device.createCommandEncoder({ label: "frame" });
      rasterizer.record(encoder, view());
      device.queue.submit([encoder.finish()]);
      if (await rasterizer.afterSubmit()) return;
    }
    throw new Error("the frame does not fit its buffers");
  }

  return {
    renderer: "webgpu",
    get passMs() {
      return Object.fromEntries(sized.current.rasterizer.timings);
    },
    setTorso(torso, opaque) {
      alphaMode = opaque ? "opaque" : "premultiplied";
      upload(opaque ? torso : premultiply(torso), torsoTexture);
    },
    draw(motion, pose, restored) {
      const { size, rasterizer } = sized.settle();
      const target = takeContext();
      context = target;
      // Setting it clears the canvas, even to the size it has.
      if (canvas.width !== size.width) Object.assign(canvas, size);
      return drawTo(() => target.getCurrentTexture().createView(), rasterizer, motion, pose, restored);
    },
    rehearse(motion, pose) {
      const { shelf, rasterizer } = sized.settle();
      return drawTo(shelf.view, rasterizer, motion, pose);
    },
    read: (motion, pose, restored) =>
      sized.atFullSize(async ({ shelf, rasterizer }) => {
        await drawTo(shelf.view, rasterizer, motion, pose, restored);
        return unpremultiply(await shelf.read());
      }),
    setRestorer: sized.setRestorer,
    setScale: sized.setScale,
    destroy() {
      sized.destroy();
      torsoTexture.destroy();
      maskTexture.destroy();
    },
  };
}

/** A picture that is not shown. */
interface Shelf {
  view(): GPUTextureView;
  /** Premultiplied. */
  read(): Promise<ImageData>;
  destroy(): void;
}

function createShelf(device: GPUDevice, { width, height }: Size, format: GPUTextureFormat): Shelf {
  const label = "shelf";
  const texture = device.createTexture({
    label,
    size: [width, height],
    format,
    usage: GPUTextureUsage.RENDER_ATTACHMENT | GPUTextureUsage.COPY_SRC,
  });
  const bytesPerRow = Math.ceil((width * 4) / 256) * 256;
  const buffer = device.createBuffer({
    label,
    size: bytesPerRow * height,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  return {
    view: () => texture.createView(),
    async read() {
      const encoder = device.createCommandEncoder({ label });
      encoder.copyTextureToBuffer({ texture }, { buffer, bytesPerRow }, [width, height]);
      device.queue.submit([encoder.finish()]);
      await buffer.mapAsync(GPUMapMode.READ);
      const rows = new Uint8Array(buffer.getMappedRange());
      const image = new ImageData(width, height);
      const swap = format === "bgra8unorm" ? 2 : 0;
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const from = y * bytesPerRow + x * 4;
          const to = (y * width + x) * 4;
          image.data[to] = rows[from + swap] ?? 0;
          image.data[to + 1] = rows[from + 1] ?? 0;
          image.data[to + 2] = rows[from + 2 - swap] ?? 0;
          image.data[to + 3] = rows[from + 3] ?? 0;
        }
      }
      buffer.unmap();
      return image;
    },
    destroy() {
      texture.destroy();
      buffer.destroy();
    },
  };
}
