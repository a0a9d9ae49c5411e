import * as Comlink from "comlink";
import { createAudioClock, wallNow } from "../audio/clock";
import { type Avatar, loadAvatar } from "../avatar/load";
import { warmRuntime } from "../avatar/onnx";
import type { Conditions } from "../motion/conditions";
import { createIdleMotion } from "../motion/idle";
import { createLipTrack } from "../motion/lip-track";
import { createMixer } from "../motion/mixer";
import { LipsplatError, toRecord } from "../player/errors";
import { die, exposeWorker, type WorkerEvent } from "../player/rpc";
import type { PlayerOptions } from "../player/types";
import type { LipMessage } from "../speech/live";
import { createWasmDeform } from "./deform";
import { upgradeDeform } from "./deform-upgrade";
import { type Gpu, requestGpu } from "./device";
import { createFrameLoop, type FrameLoop } from "./frame-loop";
import { createHead, type Head } from "./head";
import type { RenderInput } from "./messages";
import { createMetrics } from "./metrics";
import type { Picture } from "./picture";
import { createCpuPicture } from "./picture-cpu";
import { createGpuPicture } from "./picture-webgpu";
import { createTorsoSource } from "./torso-source";

export type RendererWish = NonNullable<PlayerOptions["renderer"]>;

export interface RenderPorts {
  /** RenderInput comes in. */
  readonly input: MessagePort;
  /** WorkerEvent goes out. */
  readonly events: MessagePort;
}

const clock = createAudioClock();
const track = createLipTrack();
let head: Head | undefined;

const api = {
  /** Resolves when the first live frame is on the canvas. */
  async start(
    canvas: OffscreenCanvas,
    avatarUrl: string,
    wish: RendererWish,
    ports: RenderPorts,
  ): Promise<Picture["renderer"]> {
    const post = (event: WorkerEvent) => ports.events.postMessage(event);
    const report = (error: LipsplatError) => post({ type: "error", error: toRecord(error) });
    warmRuntime();
    const [avatar, found] = await Promise.all([
      loadAvatar(new URL(avatarUrl), (loaded, total) =>
        post({ type: "progress", phase: "download", loaded, total }),
      ),
      wish === "cpu" ? undefined : requestGpu(wish === "webgpu").catch(() => undefined),
    ]);
    const gpu = found === "software" ? undefined : found;
    let compiled = 0;
    const compile = async <T>(work: Promise<T>): Promise<T> => {
      const result = await work;
      post({ type: "progress", phase: "compile", loaded: ++compiled, total: 3 });
      return result;
    };
    const [picture, deform, torso] = await Promise.all([
      compile(
        // A CPU that plays GPU takes longer than the CPU rasterizer: SwiftShader 3 to 6 times, 20 k Gaussians, 512².
        wish === "cpu" || found === "software"
          ? createCpuPicture(canvas, avatar)
          : createPicture(gpu, canvas, avatar, report),
      ),
      compile(createWasmDeform(avatar)),
      compile(createTorsoSource(avatar, (error) => post({ type: "error", error }))),
    ]);
    head = createHead(avatar, picture, deform, torso);
    const mixer = createMixer(avatar.manifest, createIdleMotion(avatar.motion, avatar.manifest.fps), track);
    const loop = startLoop(head, mixer, ports, post);
    if (gpu && picture.renderer === "webgpu") recoverDevice(gpu, head, canvas, avatar, loop, report);
    post({ type: "progress", phase: "warm-up", loaded: 0, total: 1 });
    await head.show(mixer.next(0, null));
    post({ type: "progress", phase: "warm-up", loaded: 1, total: 1 });
    loop.setRunning(true);
    if (gpu && !gpu.software && picture.renderer === "webgpu") void upgradeDeform(head, avatar, gpu.device);
    return picture.renderer;
  },

  /** Takes lip features from this speech worker from now on. */
  connect(lip: MessagePort): void {
    lip.onmessage = ({ data }: MessageEvent<LipMessage>) => track.push(data.firstTime, data.values);
  },

  async snapshot(conditions: Conditions): Promise<ImageData> {
    if (!head) throw new Error("start comes first");
    const image = await head.snapshot(conditions);
    return Comlink.transfer(image, [image.data.buffer]);
  },
};

export type RenderApi = typeof api;

/** WebGPU where it works, else the CPU and a notice. */
async function createPicture(
  gpu: Gpu | undefined,
  canvas: OffscreenCanvas,
  avatar: Avatar,
  report: (error: LipsplatError) => void,
): Promise<Picture> {
  try {
    if (gpu) return await createGpuPicture(gpu.device, canvas, avatar);
  } catch (cause) {
    console.warn("lipsplat: WebGPU failed, drawing on the CPU", cause);
  }
  report(new LipsplatError("no-webgpu"));
  return createCpuPicture(canvas, avatar);
}

function startLoop(
  head: Head,
  mixer: ReturnType<typeof createMixer>,
  { input }: RenderPorts,
  post: (event: WorkerEvent) => void,
): FrameLoop {
  const metrics = createMetrics();
  const loop = createFrameLoop(
    head,
    mixer,
    track,
    clock,
    (frame) => {
      const gathered = metrics.add(frame, wallNow());
      const { picture, deform } = head;
      if (!gathered) return;
      const { renderer, passMs } = picture;
      post({ type: "metrics", metrics: { ...gathered, renderer, passMs, provider: deform.provider } });
    },
    // A lost device is set up again by recoverDevice, and may be told after the frame it broke;
    // anything else ends this worker, and a new one starts.
    (cause) => {
      setTimeout(() => {
        if (performance.now() - lostAt > 2 * LOSS_NOTICE_MS) die(cause);
      }, LOSS_NOTICE_MS);
    },
  );
  input.onmessage = ({ data }: MessageEvent<RenderInput>) => {
    if (data.type === "clock") clock.update(data.mark);
    else if (data.type === "speaking") loop.speaking = data.speaking;
    else loop.setRunning(data.visible);
  };
  return loop;
}

/** When a device was last lost, milliseconds. */
let lostAt = Number.NEGATIVE_INFINITY;
const LOSS_NOTICE_MS = 1000;

/** A lost device is followed by a new one, on the same canvas. */
function recoverDevice(
  gpu: Gpu,
  head: Head,
  canvas: OffscreenCanvas,
  avatar: Avatar,
  loop: FrameLoop,
  report: (error: LipsplatError) => void,
): void {
  void gpu.device.lost.then(async () => {
    lostAt = performance.now();
    loop.setRunning(false);
    report(new LipsplatError("device-lost"));
    const next = await requestGpu(gpu.software);
    if (!next || next === "software") throw new Error("no graphics device to go on with");
    await head.between(async () => {
      head.picture = await createGpuPicture(next.device, canvas, avatar);
      if (head.deform.provider === "webgpu") head.deform = await createWasmDeform(avatar);
    });
    recoverDevice(next, head, canvas, avatar, loop, report);
    loop.setRunning(true);
  });
}

exposeWorker(api);
