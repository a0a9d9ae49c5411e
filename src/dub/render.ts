import type { Mixer } from "../motion/mixer";
import type { Hearing } from "./hearing";
import type { VideoOutput } from "./output";
import { frameCount, frameTime } from "./plan";
import { inPieces, type Sound } from "./sound";
import type { DubStage } from "./stage";
import type { ExportProgress } from "./types";

/** Sound taken at once, seconds: its frames follow at once, so that neither waits long for the other in the file. */
const PIECE_SECONDS = 0.5;
const PROGRESS_MS = 100;

export interface DubParts {
  readonly sound: Sound;
  readonly hearing: Hearing;
  readonly mixer: Mixer;
  readonly stage: DubStage;
  /** Draws on a picture what is to be read at this time. */
  readonly caption: (picture: OffscreenCanvas, time: number) => OffscreenCanvas;
  readonly output: VideoOutput;
}

/**
 * Sound and frames into the output, in step, as the sound is read: nothing is held but half a second.
 * @returns the number of frames.
 */
export async function renderVideo(
  { sound, hearing, mixer, stage, caption, output }: DubParts,
  fps: number,
  onProgress: (progress: ExportProgress) => void,
): Promise<number> {
  const estimate = Math.ceil(sound.seconds * fps);
  const began = performance.now();
  let told = Number.NEGATIVE_INFINITY;
  let samples = 0;
  let done = 0;

  function tell(total: number): void {
    const now = performance.now();
    if (done < total && now - told < PROGRESS_MS) return;
    told = now;
    const left = total > 0 && done > 0 ? (((now - began) / done) * (total - done)) / 1000 : null;
    onProgress({ done, total, secondsLeft: left });
  }

  async function drawFrame(total: number): Promise<void> {
    const elapsed = done === 0 ? frameTime(0, fps) : 1 / fps;
    const time = frameTime(done, fps);
    const picture = await stage.draw(await mixer.exact(elapsed, time));
    await output.addFrame(caption(picture, time), done);
    done++;
    tell(Math.max(done, total));
  }

  for await (const pcm of inPieces(sound.blocks(), Math.round(PIECE_SECONDS * sound.rate))) {
    samples += pcm[0]?.length ?? 0;
    // The sound is encoded while frames are drawn.
    const added = output.addSound(pcm);
    added.catch(() => undefined);
    await hearing.push(pcm);
    while (frameTime(done, fps) <= hearing.until(mixer.ahead)) await drawFrame(estimate);
    await added;
  }
  await hearing.end();
  const total = frameCount(samples, sound.rate, fps);
  while (done < total) await drawFrame(total);
  return total;
}
