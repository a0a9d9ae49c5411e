import type { PlayerProgress } from "../player/types";
import { fill } from "./strings";
import type { Strings } from "./types";

const phases = ["download", "compile", "warm-up"] as const satisfies readonly PlayerProgress["phase"][];
const titles = { download: "download", compile: "compile", "warm-up": "warmUp" } as const;

/** The bar over the poster: one segment a phase, bytes beside it. */
export function createProgress(strings: () => Strings) {
  const root = document.createElement("div");
  root.className = "progress";
  root.part.add("progress");
  root.setAttribute("role", "progressbar");
  const title = document.createElement("span");
  const amount = document.createElement("span");
  const label = document.createElement("p");
  label.className = "label";
  label.append(title, amount);
  const bars = document.createElement("div");
  bars.className = "phases";
  const fills = phases.map(() => {
    const track = document.createElement("div");
    track.className = "phase";
    const bar = document.createElement("i");
    track.append(bar);
    bars.append(track);
    return bar;
  });
  root.append(label, bars);

  function show({ phase, loaded, total }: PlayerProgress): void {
    const texts = strings();
    const current = phases.indexOf(phase);
    const share = total > 0 ? Math.min(1, loaded / total) : 0;
    fills.forEach((bar, index) => {
      bar.style.transform = `scaleX(${index < current ? 1 : index === current ? share : 0})`;
    });
    title.textContent = texts[titles[phase]];
    amount.textContent = amountOf(texts, phase, loaded, total);
    root.setAttribute("aria-label", texts.loading);
    root.setAttribute("aria-valuenow", String(Math.round(((current + share) / phases.length) * 100)));
    root.setAttribute("aria-valuetext", `${title.textContent} ${amount.textContent}`.trim());
  }

  const reset = () => show({ phase: "download", loaded: 0, total: 0 });
  return { root, show, reset };
}

function amountOf(texts: Strings, phase: PlayerProgress["phase"], loaded: number, total: number): string {
  if (total === 0) return "";
  if (phase !== "download") return fill(texts.steps, { loaded, total });
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  return fill(texts.megabytes, { loaded: megabytes(loaded), total: megabytes(total) });
}
