// node bench/exact.mjs: every way to draw against the float64 reference (tests/exact); one JSON object on the last line.
import { openSources } from "./sources.mjs";

const sources = await openSources();
const { measureAll } = await sources.load("/tests/exact/measure.ts");
const painters = await measureAll();
const exact = painters.filter((painter) => painter.exact);
const figures = {
  exact_db: Math.min(...exact.map(({ db }) => db)),
  exact_share_within_3: Math.min(...exact.map(({ within3 }) => within3)),
  painters,
};
console.log(
  JSON.stringify(figures, (_, value) => (typeof value === "number" ? Number(value.toPrecision(6)) : value)),
);
await sources.close();
// Dawn keeps Node alive.
process.exit();
