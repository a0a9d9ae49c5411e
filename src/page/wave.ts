const STEP = 5;
const WIDTH = 3;
const LEAST = 3;

/**
 * Draws a sound as a row of bars: those that have been heard in the accent's colour.
 * `bars` asks how high each of `count` bars is, 0 … 1; `heard` is the share of them that is behind.
 */
export function createWave(canvas: HTMLCanvasElement) {
  const context = canvas.getContext("2d");
  let bars: (index: number, count: number) => number = () => 0;
  let heard = 0;
  let drawn = "";

  function draw(): void {
    if (!context) return;
    const { clientWidth: width, clientHeight: height } = canvas;
    const ratio = window.devicePixelRatio;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const style = getComputedStyle(canvas);
    const [accent, rest] = [style.getPropertyValue("--accent"), style.getPropertyValue("--quiet-wave")];
    const count = Math.floor((width + STEP - WIDTH) / STEP);
    context.scale(ratio, ratio);
    for (let i = 0; i < count; i++) {
      const bar = Math.max(LEAST, Math.min(1, bars(i, count)) * (height - 4));
      context.fillStyle = (i + 0.5) / count < heard ? accent : rest;
      context.beginPath();
      context.roundRect(i * STEP, (height - bar) / 2, WIDTH, bar, WIDTH / 2);
      context.fill();
    }
  }

  new ResizeObserver(draw).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

  return {
    /** Another sound, or none. */
    show(next: (index: number, count: number) => number): void {
      bars = next;
      draw();
    },
    /** Draws anew where another bar was reached. */
    hear(share: number): void {
      const reached = `${Math.round((share * canvas.clientWidth) / STEP)}`;
      heard = share;
      if (reached !== drawn) draw();
      drawn = reached;
    },
  };
}

export type Wave = ReturnType<typeof createWave>;

/** The bars of a sound, out of its peaks. */
export const barsOf = (peaks: Float32Array) => (index: number, count: number) => {
  const from = Math.floor((index * peaks.length) / count);
  const to = Math.max(from + 1, Math.floor(((index + 1) * peaks.length) / count));
  // Quiet speech stays visible beside loud.
  return peaks.subarray(from, to).reduce((a, b) => Math.max(a, b), 0) ** 0.8;
};
