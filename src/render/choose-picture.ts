import type { Avatar } from "../avatar/load";
import { LipsplatError } from "../player/errors";
import type { PlayerOptions } from "../player/types";
import { createWasmDeform, type Deform } from "./deform";
import { upgradeDeform } from "./deform-upgrade";
import type { Gpu } from "./device";
import { RasterizerLimitError } from "./errors";
import type { Head } from "./head";
import type { Picture } from "./picture";
import { createCpuPicture } from "./picture-cpu";
import { createGpuPicture } from "./picture-webgpu";

export type RendererWish = NonNullable<PlayerOptions["renderer"]>;

export interface Chosen {
  readonly picture: Picture;
  readonly deform: Deform;
}

/**
 * What draws and what deforms on this machine; asked again, with a fresh canvas, after a lost device.
 * @param gpu the page's device; "software": there is only a CPU that plays GPU, and no device was made.
 * @param report is told what the viewer should know.
 */
export async function choosePicture(
  canvas: OffscreenCanvas,
  avatar: Avatar,
  wish: RendererWish,
  gpu: Gpu | "software" | undefined,
  report: (error: LipsplatError) => void,
): Promise<Chosen> {
  const [picture, deform] = await Promise.allSettled([
    createPicture(canvas, avatar, wish, gpu, report),
    createWasmDeform(avatar),
  ]);
  if (picture.status === "fulfilled" && deform.status === "fulfilled")
    return { picture: picture.value, deform: deform.value };
  if (picture.status === "fulfilled") picture.value.destroy();
  if (deform.status === "fulfilled") await deform.value.release();
  throw picture.status === "rejected" ? picture.reason : deform.status === "rejected" && deform.reason;
}

/** What can be had better behind the live picture. */
export async function improve(head: Head, avatar: Avatar, gpu: Gpu): Promise<void> {
  if (!gpu.software) await upgradeDeform(head, avatar, gpu.device);
}

/** WebGPU where it works, else the CPU and a notice. */
async function createPicture(
  canvas: OffscreenCanvas,
  avatar: Avatar,
  wish: RendererWish,
  gpu: Gpu | "software" | undefined,
  report: (error: LipsplatError) => void,
): Promise<Picture> {
  // A CPU that plays GPU takes longer than the CPU rasterizer: SwiftShader 3 to 6 times, 20 k Gaussians, 512².
  if (wish === "cpu" || gpu === "software") return createPictureWithoutGpu(canvas, avatar);
  let notice = new LipsplatError("no-webgpu");
  try {
    if (gpu) return await createGpuPicture(gpu.device, canvas, avatar);
  } catch (cause) {
    console.warn("lipsplat: WebGPU failed, drawing on the CPU", cause);
    if (cause instanceof RasterizerLimitError)
      notice = new LipsplatError("gpu-too-small", `${cause.message}.`);
  }
  report(notice);
  return createPictureWithoutGpu(canvas, avatar);
}

/** @throws LipsplatError `avatar-too-large` */
async function createPictureWithoutGpu(canvas: OffscreenCanvas, avatar: Avatar): Promise<Picture> {
  try {
    return await createCpuPicture(canvas, avatar);
  } catch (cause) {
    // An allocation of the browser's own fails with a RangeError.
    if (!(cause instanceof RasterizerLimitError || cause instanceof RangeError)) throw cause;
    throw new LipsplatError("avatar-too-large", `${cause.message}.`, { cause });
  }
}
