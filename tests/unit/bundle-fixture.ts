import { createHash } from "node:crypto";
import { MOTION_ROW } from "../../src/avatar/motion";

export const COUNT = 3;
export const FRAMES = 4;

const PROPERTIES = [
  ...["x", "y", "z", "nx", "ny", "nz", "f_dc_0", "f_dc_1", "f_dc_2"],
  ...Array.from({ length: 9 }, (_, i) => `f_rest_${i}`),
  ...["opacity", "scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3", "head_weight"],
];

/** Value of a property: distinct for every vertex and column, but for what has a range. */
export function plyValue(vertex: number, name: string): number {
  if (name === "head_weight") return vertex / 2;
  return vertex + PROPERTIES.indexOf(name) / 64;
}

/** A small degree-1 cloud as a PLY file of `count` vertices, whatever its header says. */
export function makePly(
  value: (vertex: number, name: string) => number = plyValue,
  header: (lines: string[]) => string[] = (lines) => lines,
  count = COUNT,
): ArrayBuffer {
  const lines = ["ply", "format binary_little_endian 1.0", `element vertex ${count}`];
  for (const name of PROPERTIES) lines.push(`property float ${name}`);
  lines.push("end_header", "");
  const head = new TextEncoder().encode(header(lines).join("\n"));
  const bytes = new Uint8Array(head.length + count * PROPERTIES.length * 4);
  bytes.set(head);
  const view = new DataView(bytes.buffer, head.length);
  for (let v = 0; v < count; v++) {
    for (const [p, name] of PROPERTIES.entries())
      view.setFloat32((v * PROPERTIES.length + p) * 4, value(v, name), true);
  }
  return bytes.buffer;
}

export function makeMotion(): ArrayBuffer {
  return Float32Array.from({ length: FRAMES * MOTION_ROW }, (_, i) => i / 100).buffer;
}

const EXPRESSION = [
  ...["browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight"],
  ...["eyeBlinkLeft", "eyeBlinkRight", "gazeYaw", "gazePitch"],
  ...["mouthSmileLeft", "mouthSmileRight", "eyeSquintLeft", "eyeSquintRight"],
];

/** The files of a bundle that loads: names to bytes. ONNX, video and picture are only looked at later. */
export function makeFiles(): Map<string, ArrayBuffer> {
  const text = (s: string): ArrayBuffer => new TextEncoder().encode(s).buffer as ArrayBuffer;
  return new Map([
    ["gaussians.ply", makePly()],
    ["deform.onnx", text("deform")],
    ["motion.bin", makeMotion()],
    ["torso.mp4", text("torso")],
    ["face_mask.png", text("mask")],
    ["poster.webp", text("poster")],
  ]);
}

export function describeFile(path: string, data: ArrayBuffer) {
  const sha256 = createHash("sha256").update(new Uint8Array(data)).digest("hex");
  return { path, bytes: data.byteLength, sha256 };
}

export function makeManifest(files: ReadonlyMap<string, ArrayBuffer>) {
  const entry = (path: string) => describeFile(path, files.get(path) ?? new ArrayBuffer(0));
  return {
    format: 1,
    name: "Fixture",
    consent: "synthetic",
    licence: "CC0",
    speech: "fixture",
    canvas: { width: 8, height: 8 },
    camera: { focalPx: 20, principalPx: [4, 4], position: [0, 0, 10] },
    pivot: [0, 0, 0],
    fps: 25,
    frames: FRAMES,
    gaussians: COUNT,
    shDegree: 1,
    expression: EXPRESSION.map((name) => ({ name, min: 0, max: 1, rest: 0 })),
    lip: { size: 32, silence: Array(32).fill(0) },
    files: {
      gaussians: entry("gaussians.ply"),
      deform: entry("deform.onnx"),
      motion: entry("motion.bin"),
      torso: entry("torso.mp4"),
      mask: entry("face_mask.png"),
      poster: entry("poster.webp"),
    },
  };
}
