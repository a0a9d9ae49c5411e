import { type DeformWeights, readDeformWeights } from "../avatar/deform-weights";
import type { Avatar } from "../avatar/load";
import { LipsplatError } from "../player/errors";
import type { PlayerOptions } from "../player/types";
import { createOnnxDeform, type Deform, fusedDeform } from "./deform";
import type { Gpu } from "./device";
import { RasterizerLimitError } from "./errors";
import type { Head } from "./head";
import { KERNELS, type KernelName, likelyKernel, supportedKernels } from "./passes/kernels";
import type { Picture } from "./picture";
import { chooseByTime, type Way } from "./probe";
import { createProbeMemory } from "./probe-memory";
import { timeFrames } from "./trial";

export type RendererWish = NonNullable<PlayerOptions["renderer"]>;

export interface Chosen {
  readonly picture: Picture;
  readonly deform: Deform;
}

interface DrawingWay extends Way {
  /** Null: on the processor. */
  readonly kernel: KernelName | null;
  /** The picture deforms too; else ONNX Runtime does. */
  readonly fused: boolean;
}

/**
 * With a GPU nobody sees more frames. A CPU that plays GPU costs seconds to try and never won here: only a processor
 * that is far from speaking is worth it, not one that is busy opening the page.
 */
const ENOUGH_MS = { gpu: 4, cpu: 100 };

/** Only what draws is fetched. */
const painters = { gpu: () => import("./picture-webgpu"), cpu: () => import("./picture-cpu") };

/** Fetches what is likely to draw, while the avatar is still coming. */
export function fetchPainter(gpu: Gpu | undefined): void {
  const likely = gpu && !gpu.software ? painters.gpu : painters.cpu;
  likely().catch(() => undefined);
}

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
  // Read once to see whether they can be; the first picture takes what was read, later ones read again.
  let read = readDeformWeights(avatar.deform);
  const fusable = read !== undefined;
  function takeWeights(): DeformWeights | undefined {
    const taken = read ?? readDeformWeights(avatar.deform);
    read = undefined;
    return taken;
  }
  let notice = gpu || wish === "cpu" ? undefined : new LipsplatError("no-webgpu");

  async function create({ kernel, fused }: DrawingWay): Promise<Chosen & { destroy(): void }> {
    const weights = () => (fused ? takeWeights() : undefined);
    const deform = fused ? fusedDeform : await createOnnxDeform(avatar);
    const destroy = () => void deform.release();
    try {
      const picture =
        kernel && gpu
          ? await (await painters.gpu()).createGpuPicture(gpu.device, canvas, avatar, weights, kernel)
          : await (await painters.cpu()).createCpuPicture(canvas, avatar, weights);
      return {
        picture,
        deform,
        destroy() {
          picture.destroy();
          destroy();
        },
      };
    } catch (cause) {
      destroy();
      if (kernel) notice = noticeOf(cause);
      throw cause;
    }
  }

  const choose = (ways: readonly DrawingWay[]) =>
    chooseByTime(
      ways,
      createProbeMemory(describe(avatar, gpu)),
      create,
      ({ picture, deform }) => timeFrames(picture, deform, avatar),
      ENOUGH_MS[gpu && !gpu.software ? "gpu" : "cpu"],
    );
  const cpu: DrawingWay[] = [{ name: "cpu", exact: true, kernel: null, fused: fusable }];
  const webgpu = gpu ? gpuWays(gpu, fusable) : [];
  try {
    const chosen =
      webgpu.length === 0 || wish === "cpu"
        ? await choose(cpu)
        : wish === "webgpu"
          ? await choose(webgpu).catch(() => choose(cpu))
          : // A CPU that plays GPU takes several times as long as the CPU itself.
            await choose(gpu?.software ? [...cpu, ...webgpu] : [...webgpu, ...cpu]);
    read = undefined;
    if (notice && chosen.picture.renderer === "cpu") report(notice);
    return chosen;
  } catch (cause) {
    // An allocation of the browser's own fails with a RangeError.
    if (!(cause instanceof RasterizerLimitError || cause instanceof RangeError)) throw cause;
    throw new LipsplatError("avatar-too-large", `${cause.message}.`, { cause });
  }
}

/** What can be had better behind the live picture; any failure leaves things as they are. */
export async function improve(head: Head, avatar: Avatar, gpu: Gpu): Promise<void> {
  if (gpu.software) return;
  try {
    const { holdToOnnx } = await import("./deform-check");
    await holdToOnnx(head, avatar);
  } catch (cause) {
    console.warn("lipsplat: the fused pass could not be checked", cause);
  }
}

/** The likeliest first. On a software adapter the fused pass takes longer than ONNX Runtime on the same processor. */
function gpuWays({ device, software }: Gpu, fusable: boolean): DrawingWay[] {
  const likely = likelyKernel(device);
  const supported = supportedKernels(device);
  return KERNELS.filter(({ name }) => supported.includes(name))
    .sort((a, b) => Number(b.name === likely) - Number(a.name === likely))
    .flatMap(({ name: kernel, exact }) => {
      const fused = { name: `webgpu ${kernel} fused`, exact, kernel, fused: true };
      const onnx = { name: `webgpu ${kernel}`, exact, kernel, fused: false };
      if (!fusable) return [onnx];
      return software ? [onnx, fused] : [fused];
    });
}

function noticeOf(cause: unknown): LipsplatError {
  return cause instanceof RasterizerLimitError
    ? new LipsplatError("gpu-too-small", `${cause.message}.`)
    : new LipsplatError("no-webgpu");
}

/** All that frame times depend on. */
function describe({ manifest }: Avatar, gpu: Gpu | undefined): string {
  const { vendor, architecture, device, description } = gpu?.device.adapterInfo ?? {};
  const adapter = [vendor, architecture, device, description].filter(Boolean).join(" ");
  const { width, height } = manifest.canvas;
  const threads = self.crossOriginIsolated ? navigator.hardwareConcurrency : 1;
  return `${adapter || "no adapter"}, ${threads} threads, ${manifest.gaussians} at ${width}×${height}`;
}
