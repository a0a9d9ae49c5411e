/** Nearest-rank percentile of the finite values; null of none. */
export function percentile(values, share) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? null;
}

export const median = (values) => percentile(values, 0.5);

/** Of the straight line through the points. */
export function slope(points) {
  if (points.length < 3) return null;
  const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;
  const [x, y] = [mean(points.map(([a]) => a)), mean(points.map(([, b]) => b))];
  const over = points.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
  return over === 0 ? null : points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0) / over;
}

/** Pearson's, of two equally long lists. */
export function correlation(a, b) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [both, first, second] = [0, 0, 0];
  for (const [i, value] of a.entries()) {
    both += (value - ma) * (b[i] - mb);
    first += (value - ma) ** 2;
    second += (b[i] - mb) ** 2;
  }
  return both / Math.sqrt(first * second || 1);
}
