/** Loudest sample of each of `count` equal stretches of a sound, the loudest of all as 1. */
export async function readPeaks(
  sound: Blob | string,
  count: number,
  signal: AbortSignal,
): Promise<Float32Array> {
  const blob = sound instanceof Blob ? sound : await (await fetch(sound, { signal })).blob();
  // At a low rate a long sound takes little memory, and its outline is the same.
  const context = new OfflineAudioContext(1, 1, 8000);
  const buffer = await context.decodeAudioData(await blob.arrayBuffer());
  const peaks = new Float32Array(count);
  for (let channel = 0; channel < buffer.numberOfChannels; channel++) {
    const samples = buffer.getChannelData(channel);
    for (let i = 0; i < count; i++) {
      const to = Math.floor(((i + 1) * samples.length) / count);
      let peak = peaks[i] ?? 0;
      for (let k = Math.floor((i * samples.length) / count); k < to; k++) {
        peak = Math.max(peak, Math.abs(samples[k] ?? 0));
      }
      peaks[i] = peak;
    }
  }
  const loudest = peaks.reduce((a, b) => Math.max(a, b), 1e-3);
  return peaks.map((peak) => peak / loudest);
}
