// A voice's prominence, measured straight from its sound: nothing of cues.onnx is in it.

/** Hz; wide enough for men and women. */
const PITCH = { least: 70, most: 400 };
/** Share of the energy that a period must repeat to count as voiced. */
const VOICED = 0.5;
/** Seconds of a look at the pitch, and of the surroundings that a peak rises from. */
const WINDOW = 0.05;
const SURROUNDINGS = 1.5;
/** Deviation of the smoothing, seconds: a syllable is longer. */
const SMOOTH = 0.08;

/**
 * How far pitch and energy rise from their surroundings, each over its deviation, their sum; frame i at (i + 0.5)/fps.
 * @returns [frames]; undefined where nobody speaks within half a second.
 */
export function measureProsody(pcm, rate, fps) {
  const frames = Math.floor((pcm.length / rate) * fps);
  const looks = Array.from({ length: frames }, (_, i) =>
    look(pcm, Math.round(((i + 0.5) / fps) * rate), rate),
  );
  const level = looks.map(({ energy }) => 10 * Math.log10(energy + 1e-9));
  const loudest = [...level].sort((a, b) => a - b)[Math.floor(0.95 * frames)];
  const speaks = looks.map(({ hz }, i) => hz > 0 && level[i] > loudest - 30);
  const pitch = bridge(
    looks.map(({ hz }) => 12 * Math.log2((hz || 1) / 100)),
    speaks,
  );
  const near = speaks.map((_, i) => speaks.slice(Math.max(0, i - fps / 2), i + fps / 2).some(Boolean));
  const loudness = level.map((value) => Math.max(value, loudest - 30));
  const rises = [pitch, loudness].map((curve) => {
    const smooth = blur(curve, SMOOTH * fps);
    const around = blur(curve, (SURROUNDINGS / 2) * fps);
    const rise = smooth.map((value, i) => Math.max(0, value - around[i]));
    const heard = rise.filter((_, i) => near[i]);
    const mean = heard.reduce((a, b) => a + b, 0) / heard.length;
    const deviation = Math.sqrt(heard.reduce((sum, x) => sum + (x - mean) ** 2, 0) / heard.length) || 1;
    return rise.map((value) => value / deviation);
  });
  return near.map((heard, i) => (heard ? rises[0][i] + rises[1][i] : undefined));
}

/** Energy and pitch about a sample; 0 Hz where nothing repeats. Normalised autocorrelation (Boersma 1993, its core). */
function look(pcm, middle, rate) {
  const half = Math.round((WINDOW / 2) * rate);
  const at = (i) => pcm[i] ?? 0;
  let energy = 0;
  for (let i = middle - half; i < middle + half; i++) energy += at(i) ** 2;
  energy /= 2 * half;
  let best = { lag: 0, r: VOICED };
  if (energy > 1e-6) {
    const longest = Math.round(rate / PITCH.least);
    for (let lag = Math.round(rate / PITCH.most); lag <= longest; lag += 1) {
      let [both, first, second] = [0, 0, 0];
      for (let i = middle - half; i < middle + half - lag; i += 2) {
        both += at(i) * at(i + lag);
        first += at(i) ** 2;
        second += at(i + lag) ** 2;
      }
      // Of periods that fit alike the shortest is the voice's.
      const r = both / Math.sqrt(first * second + 1e-12) - 0.0002 * lag;
      if (r > best.r) best = { lag, r };
    }
  }
  return { energy, hz: best.lag > 0 ? rate / best.lag : 0 };
}

/** Where there is no pitch, the line between its neighbours. */
function bridge(values, known) {
  const out = [...values];
  let last = -1;
  for (let i = 0; i <= values.length; i++) {
    if (i < values.length && !known[i]) continue;
    for (let k = last + 1; k < i; k++) {
      const [from, to] = [values[last] ?? values[i], values[i] ?? values[last]];
      out[k] = from + ((to - from) * (k - last)) / (i - last);
    }
    last = i;
  }
  return out.map((value) => value ?? 0);
}

function blur(values, deviation) {
  const reach = Math.ceil(2.5 * deviation);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, k) =>
    Math.exp(-(((k - reach) / deviation) ** 2) / 2),
  );
  return values.map((_, i) => {
    let [sum, total] = [0, 0];
    for (let k = -reach; k <= reach; k++) {
      const value = values[i + k];
      if (value === undefined) continue;
      sum += weights[k + reach] * value;
      total += weights[k + reach];
    }
    return sum / total;
  });
}
