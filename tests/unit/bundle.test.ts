import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { loadAvatar } from "../../src/avatar/load";
import { readMotion } from "../../src/avatar/motion";
import { readPly } from "../../src/avatar/ply";
import { parseAvatar, parseSpeech } from "../../src/avatar/schema";
import { COUNT, FRAMES, makeFiles, makeManifest, makeMotion, makePly, plyValue } from "./bundle-fixture";

type Manifest = ReturnType<typeof makeManifest>;
const corrupt = (message: RegExp) =>
  expect.objectContaining({ code: "bundle-corrupt", message: expect.stringMatching(message) });
const expected = { gaussians: COUNT, shDegree: 1 };

describe("avatar.json", () => {
  const parse = (change: (manifest: Manifest) => void) => {
    const manifest = makeManifest(makeFiles());
    change(manifest);
    return parseAvatar(JSON.stringify(manifest));
  };

  it("is read", () => {
    expect(parse(() => undefined).frames).toBe(FRAMES);
  });

  it.each([null, "", " \n"])("with %j for consent has none", (consent) => {
    expect(parse((m) => Object.assign(m, { consent })).consent).toBeNull();
    expect(parse(() => undefined).consent).toBe("synthetic");
  });

  it.each<[string, RegExp, (manifest: Manifest) => void]>([
    ["another format", /field format/, (m) => Object.assign(m, { format: "1" })],
    [
      "a camera without focal length",
      /field camera\.focalPx/,
      (m) => Object.assign(m.camera, { focalPx: null }),
    ],
    ["nobody in it", /field gaussians: an avatar has at least 1/, (m) => Object.assign(m, { gaussians: 0 })],
    ["a negative count", /field gaussians/, (m) => Object.assign(m, { gaussians: -1 })],
    ["half a Gaussian", /field gaussians/, (m) => Object.assign(m, { gaussians: 0.5 })],
    [
      "a count too large to allocate",
      /field gaussians: train it with fewer, at most 2000000/,
      (m) => Object.assign(m, { gaussians: 1e12 }),
    ],
    ["a canvas of half pixels", /field canvas\.width/, (m) => Object.assign(m.canvas, { width: 511.5 })],
    [
      "a path out of the folder",
      /field files\.torso\.path/,
      (m) => Object.assign(m.files.torso, { path: "../x.mp4" }),
    ],
    [
      "a path to another host",
      /field files\.torso\.path/,
      (m) => Object.assign(m.files.torso, { path: "//host/x" }),
    ],
    ["a short hash", /field files\.deform\.sha256/, (m) => Object.assign(m.files.deform, { sha256: "00" })],
    ["twelve expressions", /field expression/, (m) => m.expression.pop()],
    ["expressions out of order", /field expression\.0\.name/, (m) => m.expression.reverse()],
    [
      "a rest outside its range",
      /field expression\.3/,
      (m) => Object.assign(m.expression[3] ?? {}, { rest: 2 }),
    ],
    ["31 lip channels", /field lip\.silence/, (m) => m.lip.silence.pop()],
    [
      "a restorer whose box cannot be halved",
      /field restorer\.box\.3/,
      (m) => Object.assign(m, { restorer: { box: [0, 0, 64, 20] } }),
    ],
  ])("with %s is refused by name", (_, message, change) => {
    expect(() => parse(change)).toThrow(corrupt(message));
  });

  it("of a newer format is told apart from a damaged one", () => {
    expect(() => parse((m) => Object.assign(m, { format: 2, files: {} }))).toThrow(
      expect.objectContaining({ code: "bundle-newer", recoverable: false }),
    );
  });

  it("that is no JSON is refused", () => {
    expect(() => parseAvatar("<!doctype html>")).toThrow(corrupt(/not JSON/));
  });
});

it("speech.json names its wrong field", () => {
  expect(() => parseSpeech(JSON.stringify({ format: 1, id: "x", rate: 44100 }))).toThrow(
    corrupt(/speech\.json, field rate/),
  );
});

it("speech.json goes without cues; cues of another hop are refused by name", () => {
  const { cues, ...plain } = JSON.parse(
    readFileSync(new URL("../../public/models/speech/speech.json", import.meta.url), "utf8"),
  );
  expect(parseSpeech(JSON.stringify(plain)).cues).toBeUndefined();
  expect(() => parseSpeech(JSON.stringify({ ...plain, cues: { ...cues, hop: 320 } }))).toThrow(
    corrupt(/speech\.json, field cues\.hop/),
  );
});

describe("gaussians.ply", () => {
  it("is read, channel-major harmonics turned coefficient-major", () => {
    const cloud = readPly(makePly(), expected);
    expect(cloud.count).toBe(COUNT);
    expect(cloud.position[3]).toBe(Math.fround(plyValue(1, "x")));
    expect(cloud.rotation[4 + 3]).toBe(Math.fround(plyValue(1, "rot_3")));
    expect([...cloud.headWeight]).toEqual([0, 0.5, 1]);
    // Coefficient 2 of vertex 1: red is f_rest_1, green f_rest_4, blue f_rest_7.
    const at = 1 * 4 * 3 + 2 * 3;
    const rgb = ["f_rest_1", "f_rest_4", "f_rest_7"].map((name) => Math.fround(plyValue(1, name)));
    expect([...cloud.sphericalHarmonics.subarray(at, at + 3)]).toEqual(rgb);
  });

  it.each<[string, RegExp, ArrayBuffer]>([
    ["cut short", /bytes of vertices/, makePly().slice(0, -1)],
    ["with bytes to spare", /bytes of vertices/, new Uint8Array([...new Uint8Array(makePly()), 0]).buffer],
    ["cut within its header", /not a PLY/, makePly().slice(0, 40)],
    ["without vertices", /has 0 vertices, not 3/, makePly(plyValue, (l) => l, 0)],
    [
      "of no number of vertices",
      /has NaN vertices, not 3/,
      makePly(plyValue, (l) => l.map((s) => s.replace("vertex 3", "vertex many"))),
    ],
    [
      "of another count",
      /vertices, not 3/,
      makePly(plyValue, (l) => l.map((s) => s.replace("vertex 3", "vertex 4"))),
    ],
    [
      "in text",
      /binary_little_endian/,
      makePly(plyValue, (l) => l.map((s) => s.replace("binary_little_endian", "ascii"))),
    ],
    [
      "of doubles",
      /property double x/,
      makePly(plyValue, (l) => l.map((s) => s.replace("float x", "double x"))),
    ],
    [
      "without opacity",
      /property opacity/,
      makePly(plyValue, (l) => l.map((s) => s.replace("opacity", "other"))),
    ],
    [
      "with a NaN",
      /vertex 2: scale_1 is not finite/,
      makePly((v, n) => (v === 2 && n === "scale_1" ? Number.NaN : plyValue(v, n))),
    ],
    [
      "with an infinity",
      /vertex 0: y is not finite/,
      makePly((v, n) => (v === 0 && n === "y" ? Infinity : plyValue(v, n))),
    ],
    [
      "with a null rotation",
      /vertex 1: rot is zero/,
      makePly((v, n) => (v === 1 && n.startsWith("rot") ? 0 : plyValue(v, n))),
    ],
    [
      "with a weight over 1",
      /vertex 1: head_weight/,
      makePly((v, n) => (v === 1 && n === "head_weight" ? 1.5 : plyValue(v, n))),
    ],
  ])("%s is refused by name", (_, message, data) => {
    expect(() => readPly(data, expected)).toThrow(corrupt(message));
  });

  it("of one vertex is read", () => {
    const cloud = readPly(
      makePly(plyValue, (l) => l, 1),
      { ...expected, gaussians: 1 },
    );
    expect(cloud.count).toBe(1);
    expect(cloud.sphericalHarmonics).toHaveLength(12);
  });

  it("of another degree is refused", () => {
    expect(() => readPly(makePly(), { ...expected, shDegree: 2 })).toThrow(corrupt(/f_rest/));
  });
});

describe("motion.bin", () => {
  it("is read", () => {
    expect(readMotion(makeMotion(), FRAMES)[20]).toBe(Math.fround(0.2));
  });
  it("of another length is refused", () => {
    expect(() => readMotion(makeMotion(), FRAMES + 1)).toThrow(corrupt(/motion\.bin has/));
  });
  it("with a NaN is refused by row and column", () => {
    const data = makeMotion();
    new DataView(data).setFloat32((2 * 19 + 5) * 4, Number.NaN, true);
    expect(() => readMotion(data, FRAMES)).toThrow(corrupt(/row 2: value 5/));
  });
});

describe("a bundle over the network", () => {
  let files: Map<string, ArrayBuffer>;
  const base = new URL("http://host/avatar/");
  const load = () => loadAvatar(base, () => undefined);

  beforeEach(() => {
    files = makeFiles();
    const manifest = JSON.stringify(makeManifest(files));
    // No Cache API in Node: the loader then goes without one, as in a browser that refuses storage.
    vi.stubGlobal("self", { location: { origin: "http://host" } });
    vi.stubGlobal("fetch", async (url: URL) => {
      const name = url.pathname.replace("/avatar/", "");
      const data = name === "avatar.json" ? manifest : files.get(name);
      return data === undefined ? new Response("", { status: 404 }) : new Response(data);
    });
  });
  afterEach(() => vi.unstubAllGlobals());

  it("is loaded, every byte told", async () => {
    const told: [number, number][] = [];
    const avatar = await loadAvatar(base, (loaded, total) => told.push([loaded, total]));
    expect(avatar.cloud.count).toBe(COUNT);
    expect(avatar.motion).toHaveLength(FRAMES * 19);
    const bytes = [...files].reduce(
      (sum, [name, data]) => sum + (name === "poster.webp" ? 0 : data.byteLength),
      0,
    );
    expect(told.at(-1)).toEqual([bytes, bytes]);
  });

  it("with a changed byte is refused by file", async () => {
    const data = files.get("motion.bin") ?? new ArrayBuffer(0);
    new Uint8Array(data)[3] = 99;
    await expect(load()).rejects.toEqual(corrupt(/motion\.bin has the SHA-256/));
  });

  it("with a file cut short is refused by file", async () => {
    files.set("deform.onnx", new ArrayBuffer(2));
    await expect(load()).rejects.toEqual(corrupt(/deform\.onnx has 2 bytes, not the 6/));
  });

  it("with a file too long is refused before it fills the memory", async () => {
    files.set("torso.mp4", new ArrayBuffer(2 ** 20));
    await expect(load()).rejects.toEqual(corrupt(/torso\.mp4 is longer than the 5 bytes/));
  });

  it("too large for the memory says so", async () => {
    const full = new Proxy(Float32Array, {
      construct(target, [length]: [number]) {
        if (length > 20) throw new RangeError("Array buffer allocation failed");
        return new target(length);
      },
    });
    vi.stubGlobal("Float32Array", full);
    await expect(load()).rejects.toMatchObject({
      code: "avatar-too-large",
      message: /memory of this machine: Array buffer allocation failed/,
    });
  });

  it("with a file missing says which", async () => {
    files.delete("face_mask.png");
    await expect(load()).rejects.toMatchObject({
      code: "bundle-unreachable",
      message: /face_mask\.png answered 404/,
    });
  });

  it("that is a web page instead says so", async () => {
    vi.stubGlobal("fetch", async () => new Response("<html>", { headers: { "content-type": "text/html" } }));
    await expect(load()).rejects.toMatchObject({ code: "bundle-unreachable", message: /web page/ });
  });

  it("without a network says so", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    await expect(load()).rejects.toMatchObject({ code: "bundle-unreachable", message: /no answer/ });
  });
});
