export interface Likeness {
  /** PSNR of 8-bit rgb and coverage, over the pixels that either picture touches: an empty wall is no merit. */
  readonly db: number;
  /** Share of those pixels whose channels all differ by at most 3/255. */
  readonly within3: number;
  /** Largest difference, of 255. */
  readonly worst: number;
}

/**
 * @param drawn [h,w,4] premultiplied rgb and coverage, 0 … 255.
 * @param exact the same, 0 … 65535; rounded to 8 bits before it is compared.
 */
export function likeness(drawn: ArrayLike<number>, exact: ArrayLike<number>): Likeness {
  if (drawn.length !== exact.length) throw new RangeError(`${drawn.length} values, not ${exact.length}`);
  let touched = 0;
  let squares = 0;
  let far = 0;
  let worst = 0;
  for (let pixel = 0; pixel < exact.length; pixel += 4) {
    let most = 0;
    let light = 0;
    for (let i = pixel; i < pixel + 4; i++) {
      const value = drawn[i] ?? Number.NaN;
      const expected = Math.round((exact[i] ?? Number.NaN) / 257);
      const difference = Math.abs(value - expected);
      light += value + expected;
      squares += difference ** 2;
      most = Math.max(most, difference);
    }
    if (light === 0) continue;
    touched++;
    if (most > 3) far++;
    worst = Math.max(worst, most);
  }
  return {
    db: touched === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10((255 ** 2 * 4 * touched) / squares),
    within3: 1 - far / Math.max(1, touched),
    worst,
  };
}

/** Of several views the worst of each. */
export function worstOf(all: readonly Likeness[]): Likeness {
  return {
    db: Math.min(...all.map(({ db }) => db)),
    within3: Math.min(...all.map(({ within3 }) => within3)),
    worst: Math.max(...all.map(({ worst }) => worst)),
  };
}
