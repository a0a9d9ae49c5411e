// What is measured with the page of renderers: against peers, growth with the number of Gaussians, sizes, memory.
import { race } from "./renderers.mjs";

const FULL = { rounds: 5, roundMs: 600 };
const QUICK = { rounds: 1, roundMs: 1 };
const SQUARE = { width: 512, height: 512 };
const LARGE = { width: 1024, height: 1024 };
const HD = { width: 1920, height: 1080 };

const pace = ({ quick }) => (quick ? QUICK : FULL);
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

/** Ours at 20 k and 200 k, in the same rounds, and larger pictures. */
export async function measureGrowth({ page, restart }, options, say) {
  const ours = (await restart()).filter((entrant) => entrant.ours);
  const run = async (cases) => {
    await restart();
    const runners = ours.flatMap(({ name }) =>
      cases.map(([label, count, size, fused]) => ({
        id: `${name} @ ${label}`,
        name,
        setup: setup(count, size, fused),
      })),
    );
    const results = await race(page, runners, { ...pace(options), rounds: options.quick ? 1 : 3 }, say);
    return (name, label) => results[`${name} @ ${label}`];
  };
  const count = await run([
    ["20k", null, SQUARE],
    ["20k with deform", null, SQUARE, true],
    ["200k", 200_000, SQUARE],
  ]);
  const size = await run([
    ["20k 1024", null, LARGE],
    ["20k 1080p", null, HD],
    ["50k 1080p", 50_000, HD],
  ]);
  const sizes = {};
  const passes = {};
  const keep = (label, result, name) => {
    const { passes: passMs, rounds_ms: _, sorts_per_frame: __, ...rest } = result;
    sizes[label] = { ...sizes[label], [name]: rest };
    passes[label] = { ...passes[label], [name]: passMs };
  };
  const growth = {};
  for (const { name } of ours) {
    keep("20k 512", count(name, "20k"), name);
    keep("20k 512 with deform", count(name, "20k with deform"), name);
    keep("200k 512", count(name, "200k"), name);
    for (const label of ["20k 1024", "20k 1080p", "50k 1080p"]) keep(label, size(name, label), name);
    growth[name] = ratio(count(name, "200k").ms, 10 * (count(name, "20k").ms ?? Number.NaN));
  }
  const times = Object.fromEntries(ours.map(({ name }) => [name, count(name, "20k").ms]));
  const picked = await pick(page, ours, times);
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
      const held = await page.evaluate(([a, s]) => globalThis.bench.memory(a, 50_000, s), [api, HD]);
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
