import { readDeformWeights } from "../avatar/deform-weights";
import type { Avatar } from "../avatar/load";
import { LipsplatError } from "../player/errors";
import type { PlayerOptions } from "../player/types";
import { createOnnxDeform, type Deform, fusedDeform } from "./deform";
import { holdToOnnx } from "./deform-check";
import type { Gpu } from "./device";
import { RasterizerLimitError } from "./errors";
import type { Head } from "./head";
import type { Picture } from "./picture";
import { createCpuPicture } from "./picture-cpu";
import { createGpuPicture } from "./picture-webgpu";
import { chooseByTime, type Way } from "./probe";
import { createProbeMemory } from "./probe-memory";
import { timeFrames } from "./trial";

export type RendererWish = NonNullable<PlayerOptions["renderer"]>;

export interface Chosen {
  readonly picture: Picture;
  readonly deform: Deform;
}

const CPU: Way = { name: "cpu", exact: true };
const WEBGPU: Way = { name: "webgpu", exact: true };

/** With a GPU nobody sees more frames; on the processor 30 a second are enough to look no further. */
const ENOUGH_MS = { gpu: 4, cpu: 33 };

/**
 * What draws and what deforms on this machine, by a timed probe; asked again, with a fresh canvas, after a lost device.
 * @param gpu the page's device, if there is one.
 * @param report is told what the viewer should know.
 * @throws LipsplatError `avatar-too-large`
 */
export async function choosePicture(
  canvas: OffscreenCanvas,
  avatar: Avatar,
  wish: RendererWish,
  gpu: Gpu | undefined,
  report: (error: LipsplatError) => void,
): Promise<Chosen> {
  const weights = readDeformWeights(avatar.deform);
  const deform = weights ? fusedDeform : await createOnnxDeform(avatar);
  let notice = gpu || wish === "cpu" ? undefined : new LipsplatError("no-webgpu");

  async function create(way: Way): Promise<Picture> {
    if (way === CPU || !gpu) return createCpuPicture(canvas, avatar, weights);
    try {
      return await createGpuPicture(gpu.device, canvas, avatar, weights);
    } catch (cause) {
      notice =
        cause instanceof RasterizerLimitError
          ? new LipsplatError("gpu-too-small", `${cause.message}.`)
          : new LipsplatError("no-webgpu");
      throw cause;
    }
  }

  try {
    const choose = (ways: readonly Way[]) =>
      chooseByTime(
        ways,
        createProbeMemory(describe(avatar, gpu)),
        create,
        (picture) => timeFrames(picture, deform, avatar),
        ENOUGH_MS[gpu && !gpu.software ? "gpu" : "cpu"],
      );
    const picture =
      wish === "webgpu" && gpu
        ? await choose([WEBGPU]).catch(() => choose([CPU]))
        : await choose(waysFor(wish, gpu));
    if (notice && picture.renderer === "cpu") report(notice);
    return { picture, deform };
  } catch (cause) {
    await deform.release();
    // An allocation of the browser's own fails with a RangeError.
    if (!(cause instanceof RasterizerLimitError || cause instanceof RangeError)) throw cause;
    throw new LipsplatError("avatar-too-large", `${cause.message}.`, { cause });
  }
}

/** What can be had better behind the live picture. */
export async function improve(head: Head, avatar: Avatar, gpu: Gpu): Promise<void> {
  if (!gpu.software) await holdToOnnx(head, avatar);
}

/** The likeliest first. */
function waysFor(wish: RendererWish, gpu: Gpu | undefined): readonly Way[] {
  if (wish === "cpu" || !gpu) return [CPU];
  // A CPU that plays GPU takes several times as long as the CPU itself.
  return gpu.software ? [CPU, WEBGPU] : [WEBGPU, CPU];
}

/** All that frame times depend on. */
function describe({ manifest }: Avatar, gpu: Gpu | undefined): string {
  const { vendor, architecture, device, description } = gpu?.device.adapterInfo ?? {};
  const adapter = [vendor, architecture, device, description].filter(Boolean).join(" ");
  const { width, height } = manifest.canvas;
  const threads = self.crossOriginIsolated ? navigator.hardwareConcurrency : 1;
  return `${adapter || "no adapter"}, ${threads} threads, ${manifest.gaussians} at ${width}×${height}`;
}
