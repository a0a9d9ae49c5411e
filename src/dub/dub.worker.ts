import * as Comlink from "comlink";
import { loadAvatar, loadSpeech } from "../avatar/load";
import { warmRuntime } from "../avatar/onnx";
import { createCodec } from "../motion/codec";
import { LIP_SIZE, LIP_STEP } from "../motion/conditions";
import { CUE_SIZE, CUE_STEP } from "../motion/cues";
import { createFeatureTrack } from "../motion/feature-track";
import { createIdleMotion } from "../motion/idle";
import { createMixer } from "../motion/mixer";
import { createUpperFace } from "../motion/upper-face";
import { LipsplatError, toLipsplatError } from "../player/errors";
import { exposeWorker } from "../player/rpc";
import type { RendererWish } from "../render/choose-picture";
import { createEncoder } from "../speech/encoder";
import { createProsody } from "../speech/prosody";
import { createCaptioner } from "./burn";
import { createHearing } from "./hearing";
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
      loadSpeech(new URL(speechUrl), "known", quiet),
    ]);
    if (!sound) throw new LipsplatError("not-audio");
    const { manifest, motion } = avatar;
    const size = videoSize(manifest.canvas, plan.size);
    const track = createFeatureTrack({ size: LIP_SIZE, step: LIP_STEP });
    const cues = createFeatureTrack({ size: CUE_SIZE, step: CUE_STEP });
    const idle = createIdleMotion(motion, manifest.fps);
    const rest = createMixer({ manifest, motion, idle, track }).next(0, null);
    const { modules, mood, seed } = plan;
    const face = modules.generator ? createUpperFace(manifest, seed) : undefined;
    face?.setMood(mood, 0);
    const [restorer, codecBytes] = await Promise.all([
      modules.restorer ? avatar.restorer() : undefined,
      face && modules.codec ? avatar.codec() : undefined,
    ]);
    const [output, stage, encoder, prosody, codec] = await Promise.all([
      openOutput(plan, size, sound, write),
      createDubStage(avatar, renderer, size, rest, plan.background, restorer),
      createEncoder(speech),
      face && createProsody(speech),
      codecBytes && createCodec(manifest, codecBytes),
    ]);
    if (face) face.codec = codec;
    const hearing = createHearing(
      sound.rate,
      { listener: encoder, track },
      prosody && { listener: prosody, track: cues },
    );
    const mixer = createMixer({ manifest, motion, idle, track, cues, ...(face && { face }) });
    const caption = createCaptioner(plan.captionsAs === "picture" ? plan.captions : [], size);
    const frames = await renderVideo(
      { sound, hearing, mixer, stage, caption, output },
      plan.fps,
      onProgress,
    ).catch((cause: unknown) => {
      throw toLipsplatError(cause, "export-failed");
    });
    const file = await output.finish();
    return file ? Comlink.transfer({ frames, file }, [file]) : { frames, file };
  },
};

export type DubApi = typeof api;

exposeWorker(api);
