/** Draws that are the same for the same seed. */
export interface Random {
  /** 0 … 1. */
  uniform(): number;
  /** Mean 0, deviation 1. */
  normal(): number;
  /** Positive, of this mean; `spread` is its deviation over the mean. */
  logNormal(mean: number, spread: number): number;
  chance(probability: number): boolean;
  /** Others' draws do not change this one's. */
  fork(): Random;
}

/** Mulberry32 (T. Ettinger): 32 bits of state are plenty for a face. */
export function createRandom(seed: number): Random {
  let state = seed | 0;
  function uniform(): number {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }
  // Box and Muller.
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return {
    uniform,
    normal,
    logNormal(mean, spread) {
      const variance = Math.log(1 + spread * spread);
      return mean * Math.exp(Math.sqrt(variance) * normal() - variance / 2);
    },
    chance: (probability) => uniform() < probability,
    fork: () => createRandom(uniform() * 2 ** 32),
  };
}
