import { LipsplatError } from "../player/errors";
import type { GaussianCloud } from "../render/scene";

const MAX_HEADER_BYTES = 65_536;
const END_OF_HEADER = "end_header\n";

/**
 * Reads gaussians.ply (binary little-endian 3DGS with `head_weight`; normals and unknown properties are skipped).
 * @throws LipsplatError `bundle-corrupt`, naming the header line, property or vertex that is wrong.
 */
export function readPly(data: ArrayBuffer, expected: { gaussians: number; shDegree: number }): GaussianCloud {
  const { count, properties, offset } = readHeader(data);
  if (count !== expected.gaussians) throw corrupt(`has ${count} vertices, not ${expected.gaussians}`);
  const stride = properties.length;
  const bytes = count * stride * 4;
  if (data.byteLength - offset !== bytes) {
    throw corrupt(`has ${data.byteLength - offset} bytes of vertices, not ${bytes}`);
  }
  const view = new DataView(data, offset);

  /** [count, names.length], each property in its place. */
  const columns = (names: readonly string[]): Float32Array => {
    const values = new Float32Array(count * names.length);
    for (const [place, name] of names.entries()) {
      const column = properties.indexOf(name);
      if (column < 0) throw corrupt(`lacks the property ${name}`);
      for (let i = 0; i < count; i++) {
        const value = view.getFloat32((i * stride + column) * 4, true);
        if (!Number.isFinite(value)) throw corrupt(`vertex ${i}: ${name} is not finite`);
        values[i * names.length + place] = value;
      }
    }
    return values;
  };

  const coefficients = (expected.shDegree + 1) ** 2;
  const rest = properties.filter((name) => name.startsWith("f_rest_")).length;
  if (rest !== 3 * (coefficients - 1)) {
    throw corrupt(
      `has ${rest} f_rest properties, not ${3 * (coefficients - 1)} (shDegree ${expected.shDegree})`,
    );
  }
  const rotation = columns(["rot_0", "rot_1", "rot_2", "rot_3"]);
  for (let i = 0; i < count; i++) {
    if (rotation.subarray(4 * i, 4 * i + 4).every((q) => q === 0)) throw corrupt(`vertex ${i}: rot is zero`);
  }
  const headWeight = columns(["head_weight"]);
  const outside = headWeight.findIndex((w) => w < 0 || w > 1);
  if (outside >= 0) throw corrupt(`vertex ${outside}: head_weight is outside 0 … 1`);
  return {
    count,
    shDegree: expected.shDegree,
    position: columns(["x", "y", "z"]),
    rotation,
    logScale: columns(["scale_0", "scale_1", "scale_2"]),
    opacityLogit: columns(["opacity"]),
    sphericalHarmonics: columns(harmonicNames(coefficients)),
    headWeight,
  };
}

/** The file is channel-major, the cloud coefficient-major. */
function harmonicNames(coefficients: number): string[] {
  const names = ["f_dc_0", "f_dc_1", "f_dc_2"];
  for (let c = 1; c < coefficients; c++) {
    for (let channel = 0; channel < 3; channel++)
      names.push(`f_rest_${channel * (coefficients - 1) + c - 1}`);
  }
  return names;
}

function readHeader(data: ArrayBuffer): { count: number; properties: string[]; offset: number } {
  const text = new TextDecoder("latin1").decode(data.slice(0, MAX_HEADER_BYTES));
  const end = text.indexOf(END_OF_HEADER);
  if (!text.startsWith("ply\n") || end < 0) throw corrupt("is not a PLY file");
  const lines = text.slice(0, end).trimEnd().split("\n").slice(1);
  const properties: string[] = [];
  let count = -1;
  let binary = false;
  for (const line of lines) {
    const [keyword, first, second, ...more] = line.split(/\s+/);
    if (keyword === "comment" || keyword === "obj_info") continue;
    if (keyword === "format") binary = first === "binary_little_endian";
    else if (keyword === "element" && first === "vertex" && count < 0) count = Number(second);
    else if (keyword === "property" && /^float(32)?$/.test(first ?? "") && second && more.length === 0)
      properties.push(second);
    else throw corrupt(`header line “${line}” is not understood`);
  }
  if (!binary) throw corrupt("is not in the format binary_little_endian");
  return { count, properties, offset: end + END_OF_HEADER.length };
}

const corrupt = (what: string) => new LipsplatError("bundle-corrupt", `gaussians.ply ${what}.`);
