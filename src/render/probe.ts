/** One of several ways to do the same work. */
export interface Way {
  readonly name: string;
  /** False: quicker for a coarser picture. */
  readonly exact: boolean;
}

/** Milliseconds a frame by the name of the way; infinite where it failed. */
export type Timings = Readonly<Record<string, number>>;

/** What was timed on this machine before. */
export interface ProbeMemory {
  read(): Promise<Timings>;
  write(timings: Timings): Promise<void>;
}

export interface Candidate {
  destroy(): void;
}

/** Once something draws, no more ways are tried after this long; the next visit goes on with the rest. */
const BUDGET_MS = 400;
/** A coarse way is taken only where every exact one is slower than 25 frames a second, and it is much faster. */
const TOO_SLOW_MS = 40;
const MUCH_FASTER = 0.6;

/** The fastest way that has been timed; undefined where none works. */
export function pickWay<W extends Way>(ways: readonly W[], timings: Timings): W | undefined {
  const ms = (way: W | undefined) => (way && timings[way.name]) ?? Number.POSITIVE_INFINITY;
  const fastest = (exact: boolean) =>
    ways
      .filter((way) => way.exact === exact && ms(way) < Number.POSITIVE_INFINITY)
      .sort((a, b) => ms(a) - ms(b))[0];
  const [exact, coarse] = [fastest(true), fastest(false)];
  const takeCoarse = coarse && ms(exact) > TOO_SLOW_MS && ms(coarse) < MUCH_FASTER * ms(exact);
  return takeCoarse ? coarse : exact;
}

/**
 * Makes the fastest way's candidate: by memory where it was timed before, else by timing it now.
 * @param ways the likeliest first.
 * @param time milliseconds a frame.
 * @param enoughMs frames this fast need no further trial.
 * @throws the last way's failure where none works.
 */
export async function chooseByTime<W extends Way, C extends Candidate>(
  ways: readonly W[],
  memory: ProbeMemory,
  create: (way: W) => Promise<C>,
  time: (candidate: C) => Promise<number>,
  enoughMs: number,
): Promise<C> {
  const timings: Record<string, number> = { ...(await memory.read()) };
  let kept: { way: W; candidate: C } | undefined;
  let failure: unknown = new Error("there is no way to draw");

  const fail = ({ name }: W, cause: unknown) => {
    console.warn(`lipsplat: ${name} failed`, cause);
    failure = cause;
    timings[name] = Number.POSITIVE_INFINITY;
  };

  /** Keeps `way`'s candidate in place of the one kept so far. */
  async function make(way: W): Promise<C | undefined> {
    try {
      const candidate = await create(way);
      kept?.candidate.destroy();
      kept = { way, candidate };
      return candidate;
    } catch (cause) {
      fail(way, cause);
      return undefined;
    }
  }

  const started = performance.now();
  for (const way of ways) {
    if (way.name in timings) continue;
    const best = pickWay(ways, timings);
    const enough = performance.now() - started > BUDGET_MS || (best && (timings[best.name] ?? 0) < enoughMs);
    if (best && enough) break;
    const candidate = await make(way);
    try {
      if (candidate) timings[way.name] = await time(candidate);
    } catch (cause) {
      fail(way, cause);
    }
  }

  for (let best = pickWay(ways, timings); best; best = pickWay(ways, timings)) {
    const candidate = kept?.way === best ? kept.candidate : await make(best);
    if (!candidate) continue;
    // What failed may work another time.
    await memory.write(Object.fromEntries(Object.entries(timings).filter(([, ms]) => Number.isFinite(ms))));
    return candidate;
  }
  kept?.candidate.destroy();
  throw failure;
}
