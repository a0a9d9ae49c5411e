export type Vector = readonly [x: number, y: number, z: number];
/** By rows. */
export type Matrix = readonly [Vector, Vector, Vector];

export function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function add(a: Vector, b: Vector): Vector {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

export function scale(s: number, a: Vector): Vector {
  return [s * a[0], s * a[1], s * a[2]];
}

export function transform(m: Matrix, v: Vector): Vector {
  return [dot(m[0], v), dot(m[1], v), dot(m[2], v)];
}

/** Row times matrix. */
export function transformRow(v: Vector, m: Matrix): Vector {
  return add(add(scale(v[0], m[0]), scale(v[1], m[1])), scale(v[2], m[2]));
}

export function multiply(a: Matrix, b: Matrix): Matrix {
  return [transformRow(a[0], b), transformRow(a[1], b), transformRow(a[2], b)];
}

/** Of a quaternion w x y z of any length but zero. */
export function quaternionMatrix(w: number, x: number, y: number, z: number): Matrix {
  const s = 2 / (w * w + x * x + y * y + z * z);
  return [
    [1 - s * (y * y + z * z), s * (x * y - w * z), s * (x * z + w * y)],
    [s * (x * y + w * z), 1 - s * (x * x + z * z), s * (y * z - w * x)],
    [s * (x * z - w * y), s * (y * z + w * x), 1 - s * (x * x + y * y)],
  ];
}
