import type { GaussianCloud } from "../../src/render/scene";

/**
 * A standard 3DGS PLY, for the renderers that load one.
 * @param origin is subtracted from all positions: some renderers keep centres as 16-bit floats.
 */
export function writePly(cloud: GaussianCloud, origin: readonly number[]): ArrayBuffer {
  const { count, shDegree } = cloud;
  const coefficients = (shDegree + 1) ** 2;
  const rest = Array.from({ length: 3 * (coefficients - 1) }, (_, i) => `f_rest_${i}`);
  const names = ["x", "y", "z", "nx", "ny", "nz", "f_dc_0", "f_dc_1", "f_dc_2", ...rest, "opacity"];
  names.push("scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3");
  const header = new TextEncoder().encode(
    [
      "ply",
      "format binary_little_endian 1.0",
      `element vertex ${count}`,
      ...names.map((name) => `property float ${name}`),
      "end_header\n",
    ].join("\n"),
  );
  const file = new ArrayBuffer(header.length + count * names.length * 4);
  new Uint8Array(file).set(header);
  const view = new DataView(file, header.length);
  const row = new Float32Array(names.length);
  for (let i = 0; i < count; i++) {
    row.set(cloud.position.subarray(3 * i, 3 * i + 3).map((p, axis) => p - (origin[axis] ?? 0)));
    const colours = cloud.sphericalHarmonics.subarray(3 * coefficients * i, 3 * coefficients * (i + 1));
    row.set(colours.subarray(0, 3), 6);
    // The cloud is coefficient-major, the file channel-major.
    for (let c = 1; c < coefficients; c++) {
      for (let channel = 0; channel < 3; channel++) {
        row[9 + channel * (coefficients - 1) + c - 1] = colours[3 * c + channel] ?? 0;
      }
    }
    row[9 + rest.length] = cloud.opacityLogit[i] ?? 0;
    row.set(cloud.logScale.subarray(3 * i, 3 * i + 3), 10 + rest.length);
    row.set(cloud.rotation.subarray(4 * i, 4 * i + 4), 13 + rest.length);
    for (const [column, value] of row.entries()) {
      view.setFloat32((i * names.length + column) * 4, value, true);
    }
  }
  return file;
}
