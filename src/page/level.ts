import type { Wave } from "./wave";

const HISTORY = 256;
const BAR_MS = 60;
const TELL_MS = 500;
/** Decibels of full scale at which a level shows as nothing. */
const FLOOR = -55;

/** Shows how loud a microphone is: the last seconds as they went by, or one standing bar where motion is unwelcome. */
export function createLevel(wave: Wave, meter: HTMLElement) {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const history = new Float32Array(HISTORY);
  let context: AudioContext | undefined;
  let handle = 0;

  function start(stream: MediaStream): void {
    context = new AudioContext();
    const analyser = new AnalyserNode(context, { fftSize: 1024 });
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    let at = 0;
    let newest = 0;
    let told = 0;
    /** Since it was told last. */
    let loudest = 0;
    history.fill(0);
    meter.hidden = false;
    const look = (now: number) => {
      handle = requestAnimationFrame(look);
      analyser.getFloatTimeDomainData(samples);
      newest = Math.max(newest, loudness(samples));
      if (now - at < BAR_MS) return;
      at = now;
      const level = newest;
      newest = 0;
      loudest = Math.max(loudest, level);
      history.copyWithin(0, 1);
      history[HISTORY - 1] = level;
      if (still.matches) wave.show((i, count) => (i / count < level ? 0.5 : 0));
      else wave.show((i, count) => history[HISTORY - count + i] ?? 0);
      wave.hear(still.matches ? level : 1);
      if (now - told < TELL_MS) return;
      told = now;
      meter.setAttribute("aria-valuenow", String(Math.round(loudest * 100)));
      loudest = 0;
    };
    handle = requestAnimationFrame(look);
  }

  function stop(): void {
    cancelAnimationFrame(handle);
    void context?.close();
    context = undefined;
    meter.hidden = true;
  }

  return { start, stop };
}

/** 0 … 1 over the decibels that a voice has. */
function loudness(samples: Float32Array): number {
  const power = samples.reduce((sum, v) => sum + v * v, 0) / samples.length;
  return Math.max(0, 1 - (10 * Math.log10(power + 1e-12)) / FLOOR);
}
