// The result of a bench as one page for people: no scripts, nothing fetched, light and dark.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../scripts/setup/run.mjs";
import { barPlot, escapeHtml, linePlot, show } from "./plots.mjs";
import { PICTURES, pictureFile } from "./renderers.mjs";

/** @returns HTML */
export async function drawPage(figures) {
  const style = await readFile(join(root, "bench/page.css"), "utf8");
  const sections = [
    goals(figures),
    peers(figures, "20k", "20 000 Gaussians: the default avatar"),
    peers(figures, "50k", "50 000 Gaussians: the same head, more finely divided"),
    await pictures(figures),
    passes(figures),
    growth(figures),
    sizes(figures),
    memory(figures),
    player(figures),
    exactness(figures),
    failures(figures),
  ];
  const { adapter, threads, software } = figures.machine ?? {};
  const machine = figures.machine
    ? `${escapeHtml(adapter ?? "no WebGPU adapter")}${software ? " (a processor that plays GPU)" : ""} · ${threads} processor threads · cross-origin isolated`
    : "";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>lipsplat: bench</title>
<style>${style}</style>
</head>
<body>
<main>
<header>
<p class="brand">lipsplat</p>
<h1>How fast the head is drawn</h1>
<p class="lead">${headline(figures)}</p>
<p class="soft">${machine}</p>
</header>
${sections.filter(Boolean).join("\n")}
<footer class="soft">Made by <code>npm run bench -- --html</code>. A frame's time runs from its call to the completion of its work; frames follow
each other as fast as they finish, and renderers take turns in short rounds: shown are medians of the rounds. A dash: not measured in this run.</footer>
</main>
</body>
</html>
`;
}

function headline(figures) {
  const { peers: table, picked_20k: picked } = figures;
  const best = fastestPeer(table?.["20k"]);
  const ms = table?.["20k"]?.[picked]?.ms;
  if (!best || !ms) return "Frame times of lipsplat and of other Gaussian splat renderers for the web.";
  return `The default avatar takes <strong>${show(ms, "ms")}</strong> a frame at 512²; the fastest other renderer, ${escapeHtml(best.name)}, takes ${show(best.ms, "ms")}.`;
}

function fastestPeer(table = {}) {
  const measured = Object.entries(table).filter(([, { ours, ms }]) => !ours && ms);
  const [first] = measured.sort(([, a], [, b]) => a.ms - b.ms);
  return first ? { name: first[0], ms: first[1].ms } : undefined;
}

const section = (title, text, body) =>
  `<section><h2>${escapeHtml(title)}</h2>${text ? `<p class="soft">${text}</p>` : ""}${body}</section>`;

// ── goals ──

const atMost = (limit, stretch) => ({ limit, stretch, meets: (value, goal) => value <= goal, sign: "≤" });
const atLeast = (limit, stretch) => ({ limit, stretch, meets: (value, goal) => value >= goal, sign: "≥" });

const GOALS = [
  ["vs_best_peer_20k", "Against the fastest other renderer, 20 k", "×", atMost(0.6, 0.35)],
  ["vs_best_peer_50k", "Against the fastest other renderer, 50 k", "×", atMost(0.6, 0.35)],
  ["webgpu_vs_webgpu_peer_20k", "WebGPU against WebGPU, 20 k", "×", atMost(1, 0.6)],
  ["webgpu_vs_webgpu_peer_50k", "WebGPU against WebGPU, 50 k", "×", atMost(1, 0.6)],
  ["player_fps_no_gpu", "Whole player without a GPU", "fps", atLeast(25, 40)],
  ["growth_20k_200k", "Growth from 20 k to 200 k; linear is 1", "×", atMost(1)],
  ["memory_mb_50k_1080p", "Memory, 50 k at 1080p", "MB", atMost(120)],
  ["exact_db", "Likeness to the float64 reference, worst", "dB", atLeast(58)],
  ["exact_share_within_3", "Pixels within 3/255 of it, worst", "", atLeast(0.9999)],
];

function goals(figures) {
  const cards = GOALS.map(([key, label, unit, { limit, stretch, meets, sign }]) => {
    const value = figures[key] ?? null;
    const reached = value !== null && meets(value, limit);
    const far = value !== null && stretch !== undefined && meets(value, stretch);
    const state = value === null ? "none" : far ? "far" : reached ? "reached" : "missed";
    const word = { none: "not measured", far: "beyond the goal", reached: "reached", missed: "not reached" }[
      state
    ];
    const number =
      key === "exact_share_within_3" && value !== null
        ? `${Number((100 * value).toFixed(4))}\u202f%`
        : show(value, unit);
    const goal = stretch === undefined ? `${sign} ${limit}` : `${sign} ${limit}, at best ${stretch}`;
    return `<li class="card ${state}"><p>${escapeHtml(label)}</p><p class="figure">${number}</p><p class="goal"><span class="dot"></span>${word} <span class="soft">(${goal})</span></p></li>`;
  });
  return `<section><ul class="cards">${cards.join("")}</ul></section>`;
}

// ── against others ──

function peers(figures, label, title) {
  const table = figures.peers?.[label];
  if (!table) return "";
  const measured = Object.entries(table).filter(([, { ms }]) => ms);
  const rows = measured
    .sort(([, a], [, b]) => a.ms - b.ms)
    .map(([name, { ms, ours, exact, sorts_per_frame: sorts }]) => ({
      label: name,
      parts: [{ value: ms, kind: ours ? (exact ? "ours" : "ours-fast") : "peer" }],
      text: `${show(ms, "ms")}${sorts !== null && sorts < 0.95 ? `<tspan class="stale"> sorts ${show(100 * sorts)}\u202f%</tspan>` : ""}`,
    }));
  const best = fastestPeer(table);
  const marks = best ? [{ at: 0.6 * best.ms, label: "goal" }] : [];
  const clip = best ? 5 * best.ms : undefined;
  const failures = Object.entries(table)
    .filter(([, { error }]) => error)
    .map(
      ([name, { error }]) =>
        `<p class="failure"><strong>${escapeHtml(name)}</strong> did not run here: ${escapeHtml(error)}</p>`,
    );
  const picked = figures[`picked_${label}`];
  const text = `Milliseconds a frame at 512², every position new in every frame (mkkellogg can only move the whole). The player takes ${escapeHtml(picked ?? "")}.
“sorts 20 %”: only so many frames are sorted by their own depths, the others show a stale order. lipsplat sorts every frame, and composes the picture over the torso too.`;
  return section(title, text, barPlot({ title, rows, marks, unit: "ms", clip }) + failures.join(""));
}

async function pictures({ peers: tables }) {
  const shown = [];
  for (const [name, { ours, error }] of Object.entries(tables?.["20k"] ?? {})) {
    if (error) continue;
    const data = await readFile(join(root, PICTURES, pictureFile(name)), "base64").catch(() => undefined);
    if (!data) continue;
    shown.push(
      `<figure${ours ? ' class="own"' : ""}><img alt="The head as ${escapeHtml(name)} draws it" src="data:image/webp;base64,${data}"><figcaption>${escapeHtml(name)}</figcaption></figure>`,
    );
  }
  if (shown.length === 0) return "";
  const text =
    "What each renderer drew while it was timed. Only lipsplat puts the head over the clean torso, by the avatar's mask.";
  return section("The same head", text, `<div class="gallery">${shown.join("")}</div>`);
}

// ── ours ──

/** Passes keep their colour in every plot. */
function passKinds(tables) {
  const names = [
    ...new Set(tables.flatMap((table) => Object.values(table ?? {}).flatMap((p) => Object.keys(p ?? {})))),
  ];
  return new Map(names.map((name, i) => [name, `pass-${i % 10}`]));
}

function passes({ passes: tables, size_passes: more }) {
  const all = {
    ...tables,
    ...(more?.["20k 512 with deform"] ? { "20k with deform": more["20k 512 with deform"] } : {}),
  };
  const kinds = passKinds(Object.values(all));
  if (kinds.size === 0) return "";
  const legend = [...kinds].map(
    ([name, kind]) =>
      `<li><svg viewBox="0 0 10 10"><rect class="${kind}" width="10" height="10" rx="2"/></svg>${escapeHtml(name)}</li>`,
  );
  const plots = Object.entries(all).map(([label, table]) => {
    const rows = Object.entries(table).map(([name, parts]) => ({
      label: name.replace("lipsplat ", ""),
      parts: Object.entries(parts ?? {}).map(([pass, value]) => ({
        value,
        kind: kinds.get(pass),
        name: pass,
      })),
    }));
    return `<h3>${escapeHtml(label)}</h3>${barPlot({ title: `Passes, ${label}`, rows, unit: "ms" })}`;
  });
  const text =
    "Where a frame of ours spends its time: GPU timestamps of each pass, or the stages of the WASM rasterizer.";
  return section("Pass by pass", text, `<ul class="legend">${legend.join("")}</ul>${plots.join("")}`);
}

function growth({ sizes: tables, growth: ratios }) {
  const [few, many] = [tables?.["20k 512"], tables?.["200k 512"]];
  if (!few || !many) return "";
  const series = Object.keys(few)
    .filter((name) => few[name]?.ms && many[name]?.ms)
    .map((name) => ({
      label: `${name.replace("lipsplat ", "")} ${show(ratios?.[name], "×")}`,
      kind: name.includes("WASM") ? "ours" : "ours-fast",
      points: [
        [20_000, few[name].ms],
        [200_000, many[name].ms],
      ],
    }));
  if (series.length === 0) return "";
  const start = Math.min(...series.map(({ points }) => points[0][1]));
  series.push({
    label: "linear",
    kind: "linear",
    points: [
      [20_000, start],
      [200_000, 10 * start],
    ],
  });
  const text =
    "From 20 000 to 200 000 Gaussians of sizes that keep overdraw alike, 512². 1 × would be ten times the time for ten times the Gaussians.";
  const nameOf = (count) => `${count / 1000} k`;
  return section("Growth", text, linePlot({ title: "Growth", series, unit: "ms", nameOf }));
}

function sizes({ sizes: tables }) {
  if (!tables) return "";
  const names = Object.keys(tables["20k 512"] ?? {});
  const head = names
    .map((name) => `<th scope="col">${escapeHtml(name.replace("lipsplat ", ""))}</th>`)
    .join("");
  const rows = Object.entries(tables).map(([label, table]) => {
    const cells = names.map(
      (name) => `<td>${table[name]?.error ? escapeHtml(table[name].error) : show(table[name]?.ms)}</td>`,
    );
    return `<tr><th scope="row">${escapeHtml(label.replace(/ (512|1024)\b/, " at $1²").replace(" 1080p", " at 1080p"))}</th>${cells.join("")}</tr>`;
  });
  return section(
    "Gaussians and picture sizes",
    "Milliseconds a frame. “With deform”: the renderer runs the avatar's network too, as in the player.",
    `<div class="scroll"><table><thead><tr><td></td>${head}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`,
  );
}

function memory({ memory: table }) {
  if (!table) return "";
  const rows = Object.entries(table)
    .filter(([, { error }]) => !error)
    .map(([api, held]) => ({
      label: { wasm: "WASM", webgpu: "WebGPU" }[api],
      parts: [
        { value: held.device_mb, kind: "pass-0", name: "buffers and textures" },
        { value: held.wasm_mb, kind: "pass-2", name: "WASM" },
        { value: held.scripts_mb, kind: "pass-4", name: "JavaScript" },
      ],
    }));
  const legend = [
    ["pass-0", "GPU buffers and textures"],
    ["pass-2", "WASM"],
    ["pass-4", "JavaScript, page and workers"],
  ].map(
    ([kind, name]) =>
      `<li><svg viewBox="0 0 10 10"><rect class="${kind}" width="10" height="10" rx="2"/></svg>${name}</li>`,
  );
  return section(
    "Memory",
    "50 000 Gaussians at 1080p with the deformation network, all that the player holds to draw; without ONNX Runtime and the torso's decoded frames.",
    `<ul class="legend">${legend.join("")}</ul>${barPlot({ title: "Memory", rows, marks: [{ at: 120, label: "goal" }], unit: "MB" })}`,
  );
}

const PLAYER = [
  ["player_fps_no_gpu", "Frames a second while it speaks", "fps"],
  ["frame_ms", "A frame, conditions to pixels", "ms"],
  ["player_scale", "Share of 512² by side that the machine kept up with", ""],
  ["skew_ms_p95", "Lips off the sound, 95th percentile", "ms"],
  ["mic_to_pixel_ms_p95", "Microphone to pixel, 95th percentile", "ms"],
  ["encoder_ms_per_s", "Speech encoder, per second of sound", "ms"],
  ["ready_ms", "First live frame after navigation, warm cache", "ms"],
  ["cold_ready_ms", "First live frame, first visit from this machine", "ms"],
  ["poster_ms", "Poster after navigation", "ms"],
  ["cold_visit_kb", "Fetched by a first visit, compressed", "kB"],
];

function player(figures) {
  if (!PLAYER.some(([key]) => figures[key] !== null && figures[key] !== undefined)) return "";
  const rows = PLAYER.map(
    ([key, label, unit]) => `<tr><th scope="row">${label}</th><td>${show(figures[key], unit)}</td></tr>`,
  );
  const text = figures.renderer ? `The built page, drawn by ${escapeHtml(figures.renderer)}.` : "";
  return section(
    "The whole player",
    text,
    `<div class="scroll"><table class="narrow"><tbody>${rows.join("")}</tbody></table></div>`,
  );
}

function failures({ errors }) {
  if (!errors) return "";
  const rows = Object.entries(errors).map(
    ([part, error]) => `<p class="failure"><strong>${escapeHtml(part)}</strong>: ${escapeHtml(error)}</p>`,
  );
  return section("What could not be measured", "", rows.join(""));
}

function exactness({ exact_painters: painters }) {
  if (!painters) return "";
  const rows = painters.map(
    ({ name, exact, db, within3, worst }) =>
      `<tr><th scope="row">${escapeHtml(name)}${exact ? "" : " (fast)"}</th><td>${show(db)}</td><td>${within3 === undefined ? "–" : Number((100 * within3).toFixed(4))}</td><td>${show(worst)}</td></tr>`,
  );
  return section(
    "Exactness",
    "The worst over all scenes, against an independent float64 reference.",
    `<div class="scroll"><table><thead><tr><td></td><th scope="col">dB</th><th scope="col">% of pixels within 3/255</th><th scope="col">largest error, of 255</th></tr></thead><tbody>${rows.join("")}</tbody></table></div>`,
  );
}
