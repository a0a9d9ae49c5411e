import { type DeformWeights, readDeformWeights } from "../../src/avatar/deform-weights";
import { readPly } from "../../src/avatar/ply";
import { type AvatarManifest, parseAvatar } from "../../src/avatar/schema";
import { EXPRESSION_SIZE, LIP_SIZE } from "../../src/motion/conditions";
import type { FusedMotion } from "../../src/render/picture";
import { readMask } from "../../src/render/pixels";
import { type Camera, type GaussianCloud, type HeadPose, OFFSET_SIZE } from "../../src/render/scene";

/** Frames of the motion that every renderer draws in turn. */
export const MOTIONS = 8;
/** Decimetres: about two pixels at 512². */
const AMPLITUDE = 0.02;
/** Waves per decimetre, so that neighbours move unlike each other and the depth order changes. */
const FREQUENCY = 3;

/** What all renderers draw: the default avatar's head, in as many Gaussians as asked for. */
export interface Scene {
  readonly cloud: GaussianCloud;
  readonly camera: Camera;
  readonly pose: HeadPose;
  /** Under the head, and where the head is trusted; of the avatar's canvas' size. */
  readonly plate: ImageData;
  readonly mask: ImageData;
  /** Milliseconds are compared: everybody moves the same points by the same amounts. [N,3] decimetres. */
  displacement(motion: number): Float32Array;
}

/** @param count null: the avatar's own number. */
export async function loadScene(
  count: number | null,
  size: { width: number; height: number },
): Promise<Scene> {
  const manifest = await loadManifest();
  const { gaussians, mask, poster } = manifest.files;
  const own = readPly(await file(gaussians.path), manifest);
  const cloud = count === null || count === own.count ? own : resample(own, count);
  return {
    cloud,
    camera: { canvas: manifest.canvas, ...manifest.camera },
    pose: { rotation: [0, 0, 0], translation: [0, 0, 0], pivot: manifest.pivot },
    plate: await readMask(await file(poster.path), size.width, size.height),
    mask: await readMask(await file(mask.path), size.width, size.height),
    displacement: (motion) => displace(cloud, motion),
  };
}

export async function file(path: string): Promise<ArrayBuffer> {
  return (await fetch(new URL(`/models/default/${path}`, self.location.href))).arrayBuffer();
}

export async function loadManifest(): Promise<AvatarManifest> {
  return parseAvatar(new TextDecoder().decode(await file("avatar.json")));
}

/** The avatar's deformation network, moving each Gaussian as the one that it was drawn from. */
export async function loadWeights(count: number): Promise<DeformWeights> {
  const own = readDeformWeights(await file((await loadManifest()).files.deform.path));
  if (!own) throw new Error("the default avatar's deform.onnx is not one that renderers can run themselves");
  if (own.count === count) return own;
  const rows = (values: Float32Array<ArrayBuffer>) => {
    const width = values.length / own.count;
    const taken = new Float32Array(count * width);
    for (let i = 0; i < count; i++) {
      const parent = parentOf(i, count, own.count);
      taken.set(values.subarray(parent * width, (parent + 1) * width), i * width);
    }
    return taken;
  };
  const { lipAttention, expressionAttention, firstFromFeature } = own;
  return {
    ...own,
    count,
    lipAttention: rows(lipAttention),
    expressionAttention: rows(expressionAttention),
    firstFromFeature: rows(firstFromFeature),
  };
}

/** Lips and face that are others in every frame. */
export function conditions(motion: number): FusedMotion {
  const wave = (size: number) =>
    Float32Array.from({ length: size }, (_, i) => 0.2 + 0.2 * Math.sin((2 * Math.PI * motion) / MOTIONS + i));
  return { lip: wave(LIP_SIZE), expression: wave(EXPRESSION_SIZE) };
}

/** The same displacements as offsets of the deformation, [N,14]. */
export function offsets(cloud: GaussianCloud, displacement: Float32Array): Float32Array<ArrayBuffer> {
  const offset = new Float32Array(cloud.count * OFFSET_SIZE);
  for (let i = 0; i < cloud.count; i++) {
    offset.set(displacement.subarray(3 * i, 3 * i + 3), i * OFFSET_SIZE);
  }
  return offset;
}

function displace({ count, position }: GaussianCloud, motion: number): Float32Array {
  const moved = new Float32Array(count * 3);
  const phase = (2 * Math.PI * motion) / MOTIONS;
  for (let i = 0; i < count; i++) {
    for (let axis = 0; axis < 3; axis++) {
      const along = position[3 * i + ((axis + 1) % 3)] ?? 0;
      moved[3 * i + axis] = AMPLITUDE * Math.sin(2 * Math.PI * FREQUENCY * along + phase + axis);
    }
  }
  return moved;
}

/**
 * The same head in `count` Gaussians. Each is drawn from one of the avatar's, which is the sum of its parts:
 * sizes shrink by s = √(own / count), so that overdraw is alike, and centres spread by √(1 − s²) of the parent.
 */
function resample(own: GaussianCloud, count: number): GaussianCloud {
  const shrink = Math.min(1, Math.sqrt(own.count / count));
  const spread = Math.sqrt(1 - shrink * shrink);
  const colours = (own.shDegree + 1) ** 2 * 3;
  const random = mulberry32(20_000);
  const cloud: GaussianCloud = {
    count,
    shDegree: own.shDegree,
    position: new Float32Array(count * 3),
    rotation: new Float32Array(count * 4),
    logScale: new Float32Array(count * 3),
    opacityLogit: new Float32Array(count),
    sphericalHarmonics: new Float32Array(count * colours),
    headWeight: new Float32Array(count),
  };
  for (let i = 0; i < count; i++) {
    const parent = parentOf(i, count, own.count);
    const row = (values: Float32Array, width: number) =>
      values.subarray(parent * width, parent * width + width);
    const step = row(own.logScale, 3).map((s) => spread * Math.exp(s) * normal(random));
    const moved = rotate(row(own.rotation, 4), step);
    cloud.position.set(
      row(own.position, 3).map((p, axis) => p + (moved[axis] ?? 0)),
      i * 3,
    );
    cloud.logScale.set(
      row(own.logScale, 3).map((s) => s + Math.log(shrink)),
      i * 3,
    );
    cloud.rotation.set(row(own.rotation, 4), i * 4);
    cloud.sphericalHarmonics.set(row(own.sphericalHarmonics, colours), i * colours);
    cloud.opacityLogit[i] = own.opacityLogit[parent] ?? 0;
    cloud.headWeight[i] = own.headWeight[parent] ?? 0;
  }
  return cloud;
}

/** Which of the avatar's own Gaussians the i-th of `count` is drawn from: every one in turn, evenly. */
const parentOf = (i: number, count: number, own: number) => Math.floor(((i + 0.5) * own) / count);

/** v turned by the quaternion w x y z of any length. */
function rotate(quaternion: Float32Array, v: Float32Array): readonly [number, number, number] {
  const length = Math.hypot(...quaternion);
  const [w = 1, x = 0, y = 0, z = 0] = quaternion.map((q) => q / length);
  const [a = 0, b = 0, c = 0] = v;
  const [tx, ty, tz] = [2 * (y * c - z * b), 2 * (z * a - x * c), 2 * (x * b - y * a)];
  return [a + w * tx + y * tz - z * ty, b + w * ty + z * tx - x * tz, c + w * tz + x * ty - y * tx];
}

/** One standard normal number (Box-Muller). */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Uniform in [0,1), the same on every machine. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
