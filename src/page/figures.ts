import type { LipSplatElement } from "../element/lip-splat";
import type { LatencyMs, PlayerMetrics } from "../player/player";
import { byId, make } from "./dom";
import { createModules } from "./modules";

/** The way of a sound to its pixel, in order. */
const stages = [
  ["capture", "Capture", "#5b7fc7"],
  ["tap", "Gather", "#7fa6d9"],
  ["encode", "Listen", "#5fae9b"],
  ["lookAhead", "Look ahead", "#c9a54c"],
  ["wait", "Wait", "#c77f5b"],
  ["draw", "Draw", "#a971b8"],
] as const satisfies readonly (readonly [keyof LatencyMs, string, string])[];

/** The figures of the last second, for those who ask: how fast, how late and why, how far from the sound. */
export function createFigures(head: LipSplatElement) {
  const root = byId("figures", HTMLElement);
  const opener = byId("figures-open", HTMLButtonElement);
  const list = make("dl");
  const cells = new Map<string, HTMLElement>();
  const heading = make("h3");
  const bar = make("div");
  const legend = make("ul");
  const late = make("div", "", heading, bar, legend);
  bar.className = "stack";
  bar.ariaHidden = "true";
  legend.className = "stages";
  const parts = stages.map(([, , color]) => {
    const part = make("i");
    const line = make("li");
    part.style.background = color;
    line.style.setProperty("--stage", color);
    bar.append(part);
    legend.append(line);
    return { part, line };
  });
  late.hidden = true;
  const modules = createModules(head);
  root.append(list, late, modules.root);

  opener.addEventListener("click", () => {
    root.hidden = !root.hidden;
    opener.setAttribute("aria-expanded", String(!root.hidden));
    root.scrollIntoView({ block: "nearest" });
  });
  head.addEventListener("metrics", ({ detail }) => {
    if (!root.hidden) show(detail);
  });
  for (const name of [
    "Frames a second",
    "A frame",
    "Drawn by",
    "Deformed by",
    "Resolution",
    "Off the sound",
    "Expression",
  ]) {
    set(name, "–");
  }

  function set(name: string, text: string): void {
    let cell = cells.get(name);
    if (!cell) {
      cell = make("dd");
      cells.set(name, cell);
      list.append(make("div", "", make("dt", name), cell));
    }
    cell.textContent = text;
  }

  function show(metrics: PlayerMetrics): void {
    set("Frames a second", metrics.fps.toFixed(0));
    set("A frame", `${metrics.frameMs.toFixed(0)} ms`);
    set("Drawn by", metrics.renderer === "webgpu" ? "WebGPU" : "WASM");
    set("Deformed by", metrics.provider === "fused" ? "the same pass" : "ONNX Runtime");
    set("Resolution", `${Math.round(metrics.scale * 100)} %`);
    set("Off the sound", worst(metrics.skews));
    const { generator, codec } = metrics.stageMs;
    set("Expression", `${generator.toFixed(1)} + ${codec.toFixed(1)} ms`);
    showLatency(metrics.latencyMs);
  }

  function showLatency(latency: LatencyMs | null): void {
    late.hidden = latency === null;
    if (!latency) return;
    heading.replaceChildren(
      head.state === "listening" ? "From microphone to pixel " : "From sound to pixel ",
      make("b", `${Math.round(latency.total)} ms`),
    );
    parts.forEach(({ part, line }, i) => {
      const [key, name] = stages[i] ?? stages[0];
      part.style.flexGrow = String(Math.max(0, latency[key]));
      line.textContent = `${name} ${Math.round(latency[key])} ms`;
    });
  }

  return { offer: modules.offer };
}

// The 95th percentile of the absolute values, as FIGURES names it.
function worst(seconds: readonly number[]): string {
  const sorted = seconds.map(Math.abs).sort((a, b) => a - b);
  const value = sorted[Math.ceil(sorted.length * 0.95) - 1];
  return value === undefined ? "–" : `${Math.round(value * 1000)} ms`;
}
