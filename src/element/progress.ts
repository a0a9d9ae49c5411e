import type { PlayerProgress } from "../player/player";

const phases = ["download", "compile", "warm-up"] as const satisfies readonly PlayerProgress["phase"][];
const titles: Record<PlayerProgress["phase"], string> = {
  download: "Downloading",
  compile: "Preparing",
  "warm-up": "Warming up",
};

/** The bar over the poster: one segment a phase, bytes beside it. */
export function createProgress() {
  const root = document.createElement("div");
  root.className = "progress";
  root.part.add("progress");
  root.setAttribute("role", "progressbar");
  root.setAttribute("aria-label", "Loading the head");
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
    const fill = document.createElement("i");
    track.append(fill);
    bars.append(track);
    return fill;
  });
  root.append(label, bars);

  function show({ phase, loaded, total }: PlayerProgress): void {
    const current = phases.indexOf(phase);
    const share = total > 0 ? Math.min(1, loaded / total) : 0;
    fills.forEach((fill, index) => {
      fill.style.transform = `scaleX(${index < current ? 1 : index === current ? share : 0})`;
    });
    title.textContent = titles[phase];
    amount.textContent = amountOf(phase, loaded, total);
    root.setAttribute("aria-valuenow", String(Math.round(((current + share) / phases.length) * 100)));
    root.setAttribute("aria-valuetext", `${title.textContent} ${amount.textContent}`.trim());
  }

  const reset = () => show({ phase: "download", loaded: 0, total: 0 });
  reset();
  return { root, show, reset };
}

function amountOf(phase: PlayerProgress["phase"], loaded: number, total: number): string {
  if (phase !== "download") return total > 0 ? `${loaded} of ${total}` : "";
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  return total > 0 ? `${megabytes(loaded)} of ${megabytes(total)} MB` : "";
}
