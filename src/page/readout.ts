import type { PlayerMetrics } from "../player/player";

const milliseconds = (seconds: number) => `${Math.round(seconds * 1000)} ms`;

/** The figures of the last second: how fast, how late, how far from the sound. */
export function createReadout(list: HTMLElement) {
  const cells = new Map(
    ["Frames a second", "A frame takes", "Renderer", "Off the sound", "Behind the mic", "Deformation"].map(
      (name) => {
        const term = document.createElement("dt");
        const value = document.createElement("dd");
        const cell = document.createElement("div");
        term.textContent = name;
        value.textContent = "–";
        cell.append(term, value);
        list.append(cell);
        return [name, value] as const;
      },
    ),
  );
  const set = (name: string, text: string) => {
    const cell = cells.get(name);
    if (cell) cell.textContent = text;
  };
  return {
    show(metrics: PlayerMetrics): void {
      set("Frames a second", metrics.fps.toFixed(0));
      set("A frame takes", `${metrics.frameMs.toFixed(0)} ms`);
      set("Renderer", metrics.renderer === "webgpu" ? "WebGPU" : "CPU");
      set("Deformation", metrics.provider === "fused" ? "with the picture" : "ONNX Runtime");
      set("Off the sound", worst(metrics.skews));
      set("Behind the mic", worst(metrics.latencies));
    },
  };
}

// The 95th percentile of the absolute values, as FIGURES names it.
function worst(seconds: readonly number[]): string {
  const sorted = seconds.map(Math.abs).sort((a, b) => a - b);
  const value = sorted[Math.ceil(sorted.length * 0.95) - 1];
  return value === undefined ? "–" : milliseconds(value);
}
