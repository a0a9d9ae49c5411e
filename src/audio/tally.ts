/** From here on a sample counts as clipped: two steps of 16 bits under full scale. */
export const FULL_SCALE = 32766 / 32768;

/** What can befall a sound, in samples; `stalls` in times. */
export interface SoundCounts {
  readonly stalls: number;
  readonly clipped: number;
  readonly notFinite: number;
  readonly dropped: number;
}

export type Count = (more: Partial<SoundCounts>) => void;

/** Adds up what is counted until it is taken. */
export function createTally(): { readonly count: Count; take(): SoundCounts } {
  const none: SoundCounts = { stalls: 0, clipped: 0, notFinite: 0, dropped: 0 };
  let sum = none;
  return {
    count({ stalls = 0, clipped = 0, notFinite = 0, dropped = 0 }) {
      sum = {
        stalls: sum.stalls + stalls,
        clipped: sum.clipped + clipped,
        notFinite: sum.notFinite + notFinite,
        dropped: sum.dropped + dropped,
      };
    },
    take() {
      const taken = sum;
      sum = none;
      return taken;
    },
  };
}
