// Plots as plain SVG text; colours come from the page's CSS classes.

const WIDTH = 760;
const LABEL = 210;
const VALUE = 140;
const ROW = 30;
const PLOT = WIDTH - LABEL - VALUE;

export const escapeHtml = (text) =>
  String(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");

/** Three digits are enough for people. */
export function show(value, unit = "") {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return escapeHtml(value);
  const text =
    Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : Number(value.toPrecision(3));
  return unit ? `${text}\u202f${unit}` : String(text);
}

/**
 * Rows of bars from zero, each of one or more parts.
 * @param rows { label, note, parts: [{ value, kind, name }], text }
 * @param marks [{ at, label }] lines across all rows.
 * @param clip longer bars end here, in a tear.
 */
export function barPlot({ title, rows, marks = [], unit, clip = Number.POSITIVE_INFINITY }) {
  const total = ({ parts }) => parts.reduce((sum, { value }) => sum + value, 0);
  const most =
    1.04 * Math.max(...rows.map((row) => Math.min(total(row), clip)), ...marks.map(({ at }) => at), 1e-9);
  const x = (value) => (value / most) * PLOT;
  const top = marks.length > 0 ? 24 : 6;
  const height = top + rows.length * ROW + 6;
  const labels = [];
  const bars = rows.map((row, i) => {
    const y = top + i * ROW;
    let from = LABEL;
    const parts = row.parts.map(({ value, kind, name }) => {
      const width = Math.max(x(Math.min(value, clip)), 0.5);
      const tip = `<title>${escapeHtml(`${name ?? row.label}: ${show(value, unit)}`)}</title>`;
      const part = `<rect class="${kind}" x="${from.toFixed(1)}" y="${y + 5}" width="${width.toFixed(1)}" height="${ROW - 12}" rx="2">${tip}</rect>`;
      from += width;
      return part;
    });
    if (total(row) > clip) {
      parts.push(`<path class="tear" d="M${(from - 16).toFixed(1)} ${y + ROW - 5}l5 -22m4 0l-5 22"/>`);
    }
    labels.push(
      `<text class="label" x="${LABEL - 12}" y="${y + 19}" text-anchor="end">${escapeHtml(row.label)}</text>`,
      `<text class="value" x="${(from + 8).toFixed(1)}" y="${y + 19}">${row.text ?? show(total(row), unit)}</text>`,
    );
    return parts.join("");
  });
  const lines = marks.map(({ at, label }) => {
    const along = (LABEL + x(at)).toFixed(1);
    return `<line class="mark" x1="${along}" x2="${along}" y1="${top - 4}" y2="${height - 4}"/><text class="mark-label" x="${along}" y="14" text-anchor="middle">${escapeHtml(label)}</text>`;
  });
  const drawn = [...bars, ...lines, ...labels].join("\n");
  return `<svg role="img" aria-label="${escapeHtml(title)}" viewBox="0 0 ${WIDTH} ${height}">${drawn}</svg>`;
}

/**
 * Lines over logarithmic axes.
 * @param series [{ label, kind, points: [[x, y], …] }]
 */
export function linePlot({ title, series, unit, nameOf }) {
  const [left, right, top, bottom] = [64, 235, 16, 40];
  const height = 320;
  const xs = series.flatMap(({ points }) => points.map(([x]) => x));
  const ys = series.flatMap(({ points }) => points.map(([, y]) => y));
  const scale = (values, from, to) => {
    const [low, high] = [Math.log(Math.min(...values)), Math.log(Math.max(...values))];
    return (value) => from + ((Math.log(value) - low) / (high - low || 1)) * (to - from);
  };
  const x = scale(xs, left, WIDTH - right);
  const y = scale(ys, height - bottom, top);
  const decades = [1, 2, 5].flatMap((step) => [0.1, 1, 10, 100, 1000, 10_000].map((ten) => step * ten));
  const ticks = decades.filter((value) => value >= Math.min(...ys) && value <= Math.max(...ys));
  const grid = ticks.map(
    (value) =>
      `<line class="grid" x1="${left}" x2="${WIDTH - right}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}"/><text class="tick" x="${left - 8}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${show(value, unit)}</text>`,
  );
  const names = [...new Set(xs)].map(
    (value) =>
      `<text class="tick" x="${x(value).toFixed(1)}" y="${height - 14}" text-anchor="middle">${escapeHtml(nameOf(value))}</text>`,
  );
  const ends = spread(series.map(({ points }) => y(points.at(-1)[1])));
  const drawn = series.map(({ label, kind, points }, i) => {
    const path = points.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`).join(" ");
    const dots = points.map(
      ([a, b]) =>
        `<circle class="${kind}" cx="${x(a).toFixed(1)}" cy="${y(b).toFixed(1)}" r="4"><title>${escapeHtml(`${label}, ${nameOf(a)}: ${show(b, unit)}`)}</title></circle>`,
    );
    return `<polyline class="line ${kind}" points="${path}"/>${kind === "linear" ? "" : dots.join("")}<text class="end" x="${WIDTH - right + 12}" y="${(ends[i] + 4).toFixed(1)}">${escapeHtml(label)}</text>`;
  });
  return `<svg role="img" aria-label="${escapeHtml(title)}" viewBox="0 0 ${WIDTH} ${height}">${grid.join("")}${names.join("")}${drawn.join("")}</svg>`;
}

/** Moves labels apart until none lies on another. */
function spread(places) {
  const order = places.map((place, i) => ({ place, i })).sort((a, b) => a.place - b.place);
  for (let k = 1; k < order.length; k++) {
    order[k].place = Math.max(order[k].place, order[k - 1].place + 18);
  }
  const moved = [];
  for (const { place, i } of order) moved[i] = place;
  return moved;
}
