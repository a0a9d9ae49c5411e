import type { PlayerProgress } from "./types";

/** Adds up what several workers report on the same phase. */
export function createProgressSum(
  onProgress: (progress: PlayerProgress) => void,
): (part: string, progress: PlayerProgress) => void {
  const parts = new Map<string, PlayerProgress>();
  return (part, progress) => {
    parts.set(`${part} ${progress.phase}`, progress);
    const same = [...parts.values()].filter(({ phase }) => phase === progress.phase);
    onProgress({
      phase: progress.phase,
      loaded: same.reduce((sum, { loaded }) => sum + loaded, 0),
      total: same.reduce((sum, { total }) => sum + total, 0),
    });
  };
}
