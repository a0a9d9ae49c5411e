import * as Comlink from "comlink";
import { loadAvatar, loadSpeech } from "../avatar/load";
import { warmRuntime } from "../avatar/onnx";
import { createIdleMotion } from "../motion/idle";
import { createLipTrack } from "../motion/lip-track";
import { createMixer } from "../motion/mixer";
import { LipsplatError } from "../player/errors";
import { exposeWorker } from "../player/rpc";
import type { RendererWish } from "../render/choose-picture";
import { createEncoder } from "../speech/encoder";
import { createCaptioner } from "./burn";
import { createLips } from "./lips";
import { openOutput, type Write } from "./output";
import { type VideoPlan, videoSize } from "./plan";
import { renderVideo } from "./render";
import { openSound, type Pcm, soundOf } from "./sound";
import { createDubStage } from "./stage";
import type { ExportProgress } from "./types";

export interface DubJob {
  /** A file, or what the page has decoded of one that this worker could not read. */
  readonly sound: Blob | { readonly pcm: Pcm; readonly rate: number };
  readonly plan: VideoPlan;
  readonly avatarUrl: string;
  readonly speechUrl: string;
  readonly renderer: RendererWish;
}

export interface DubResult {
  readonly frames: number;
  /** The file; undefined where it was written as it came. */
  readonly file: ArrayBuffer | undefined;
}

const api = {
  /**
   * Renders a sound into a video.
   * @throws LipsplatError `not-audio` where the sound cannot be read here; the page may still be able to.
   */
  async render(
    { sound: source, plan, avatarUrl, speechUrl, renderer }: DubJob,
    onProgress: (progress: ExportProgress) => void,
    write: Write | undefined,
  ): Promise<DubResult> {
    warmRuntime();
    const quiet = () => undefined;
    const [sound, avatar, speech] = await Promise.all([
      source instanceof Blob ? openSound(source) : soundOf(source.pcm, source.rate),
      loadAvatar(new URL(avatarUrl), quiet),
      loadSpeech(new URL(speechUrl), quiet),
    ]);
    if (!sound) throw new LipsplatError("not-audio");
    const { manifest, motion } = avatar;
    const size = videoSize(manifest.canvas, plan.size);
    const track = createLipTrack();
    const idle = createIdleMotion(motion, manifest.fps);
    const rest = createMixer(manifest, idle, track).next(0, null);
    const [output, stage, encoder] = await Promise.all([
      openOutput(plan, size, sound, write),
      createDubStage(avatar, renderer, size, rest, plan.background),
      createEncoder(speech),
    ]);
    const lips = createLips(encoder, speech.manifest.lookAheadHops, sound.rate, track);
    const mixer = createMixer(manifest, idle, track);
    const caption = createCaptioner(plan.captionsAs === "picture" ? plan.captions : [], size);
    const frames = await renderVideo(
      { sound, lips, track, mixer, stage, caption, output },
      plan.fps,
      onProgress,
    ).catch((cause: unknown) => {
      if (cause instanceof LipsplatError) throw cause;
      throw new LipsplatError("export-failed", `${cause}.`, { cause });
    });
    const file = await output.finish();
    return file ? Comlink.transfer({ frames, file }, [file]) : { frames, file };
  },
};

export type DubApi = typeof api;

exposeWorker(api);
