/** Nearest-rank percentile of the finite values; null of none. */
export function percentile(values, share) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? null;
}

export const median = (values) => percentile(values, 0.5);
