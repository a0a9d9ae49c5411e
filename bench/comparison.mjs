// What is measured with the page of renderers: against peers, growth with the number of Gaussians, sizes, memory.
import { race, within } from "./renderers.mjs";

const FULL = { rounds: 5, roundMs: 600 };
const QUICK = { rounds: 1, roundMs: 1 };
const SQUARE = { width: 512, height: 512 };
const LARGE = { width: 1024, height: 1024 };
const HD = { width: 1920, height: 1080 };

const pace = ({ quick }) => (quick ? QUICK : FULL);
const MEMORY_MS = 90_000;

const setup = (count, size, fused = false) => ({ count, ...size, fused });

/** Every renderer, 512², every position new in every frame: the avatar's own 20 k Gaussians, then 50 k. */
export async function measurePeers({ page, restart }, options, say) {
  const peers = {};
  const passes = {};
  const figures = {};
  for (const [label, count] of [
    ["20k", null],
    ["50k", 50_000],
  ]) {
    const entrants = await restart();
    const runners = entrants.map(({ name }) => ({ id: `${name}`, name, setup: setup(count, SQUARE) }));
    const pictures = count === null;
    const results = await race(page, runners, { ...pace(options), pictures }, say);
    peers[label] = {};
    passes[label] = {};
    for (const { name, ...entrant } of entrants) {
      const { passes: passMs, ...result } = results[name];
      peers[label][name] = { ...entrant, ...result };
      if (passMs && Object.keys(passMs).length > 0) passes[label][name] = passMs;
    }
    Object.assign(figures, await ratios(page, entrants, results, label));
  }
  return { ...figures, peers, passes };
}

async function ratios(page, entrants, results, label) {
  const ms = ({ name }) => results[name].ms ?? Number.POSITIVE_INFINITY;
  const best = (wanted) => Math.min(...entrants.filter(wanted).map(ms));
  const ours = entrants.filter((entrant) => entrant.ours);
  const timings = Object.fromEntries(ours.map((entrant) => [entrant.name, results[entrant.name].ms]));
  const picked = await pick(page, ours, timings);
  const pickedMs = picked === null ? Number.POSITIVE_INFINITY : timings[picked];
  return {
    [`picked_${label}`]: picked,
    [`vs_best_peer_${label}`]: ratio(
      pickedMs,
      best((e) => !e.ours),
    ),
    [`webgpu_vs_webgpu_peer_${label}`]: ratio(
      best((e) => e.ours && e.exact && e.api === "webgpu"),
      best((e) => !e.ours && e.api === "webgpu"),
    ),
  };
}

const COUNTS = [
  ["20k 512", null, SQUARE],
  ["20k 512 with deform", null, SQUARE, true],
  ["200k 512", 200_000, SQUARE],
];
const SIZES = [
  ["20k 1024", null, LARGE],
  ["20k 1080p", null, HD],
  ["50k 1080p", 50_000, HD],
];
/** Kernels this much slower than the fastest of their kind are left out of the large pictures. */
const HOPELESS = 2.5;

/** Ours at 20 k and 200 k Gaussians, in the same rounds, then larger pictures. */
export async function measureGrowth({ page, restart }, options, say) {
  const ours = (await restart()).filter((entrant) => entrant.ours);
  const sizes = {};
  const passes = {};
  const run = async (cases, entrants) => {
    await restart();
    const runners = entrants.flatMap(({ name }) =>
      cases.map(([label, count, size, fused]) => ({
        id: `${name} @ ${label}`,
        name,
        setup: setup(count, size, fused),
      })),
    );
    const rounds = options.quick ? 1 : 3;
    const results = await race(page, runners, { ...pace(options), rounds }, say);
    for (const [label] of cases) {
      const rows = entrants.map(({ name }) => [name, results[`${name} @ ${label}`]]);
      sizes[label] = Object.fromEntries(
        rows.map(([name, { ms, error }]) => [name, error ? { error } : { ms }]),
      );
      passes[label] = Object.fromEntries(rows.map(([name, { passes: passMs }]) => [name, passMs ?? {}]));
    }
  };
  await run(COUNTS, ours);
  const ms = (name, label) => sizes[label][name].ms ?? Number.NaN;
  const few = (name) => ms(name, "20k 512");
  const hopeful = ours.filter(({ name, api }) => {
    const rivals = ours.filter((rival) => rival.api === api).map((rival) => few(rival.name));
    return few(name) <= HOPELESS * Math.min(...rivals.filter(Number.isFinite));
  });
  await run(SIZES, hopeful);
  const growth = Object.fromEntries(
    ours.map(({ name }) => [name, ratio(ms(name, "200k 512"), 10 * few(name))]),
  );
  const picked = await pick(page, ours, Object.fromEntries(ours.map(({ name }) => [name, few(name)])));
  return { growth_20k_200k: growth[picked] ?? null, growth, sizes, size_passes: passes };
}

/** The player's pictures, each alone on a fresh page: 50 k Gaussians at 1080p, with the deformation network. */
export async function measureMemory({ page, restart }, say) {
  const apis = new Set((await restart()).filter((entrant) => entrant.ours).map(({ api }) => api));
  const memory = {};
  for (const api of apis) {
    say(`memory of ${api}`);
    await restart();
    try {
      const measured = page.evaluate(([a, s]) => globalThis.bench.memory(a, 50_000, s), [api, HD]);
      const held = await within(MEMORY_MS, measured);
      const [device, wasm, scripts] = [held.device, held.wasm, held.scripts].map((bytes) => bytes / 1e6);
      memory[api] = {
        device_mb: device,
        wasm_mb: wasm,
        scripts_mb: scripts,
        total_mb: device + wasm + scripts,
      };
    } catch (error) {
      memory[api] = { error: String(error.message).split("\n")[0] };
    }
  }
  return memory;
}

/** What the player's probe takes by these times. */
function pick(page, entrants, timings) {
  const ways = entrants.filter(({ way }) => way);
  return page.evaluate(([w, t]) => globalThis.bench.pick(w, t), [ways, timings]);
}

const ratio = (ours, theirs) => (Number.isFinite(ours / theirs) ? ours / theirs : null);
