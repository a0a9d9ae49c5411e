import { blend } from "./blend";
import { now } from "./clock";
import { composite, copyHead } from "./composite";
import { DEFORM_BYTES, deform } from "./deform";
import { SCRATCH_BYTES } from "./memory";
import { project } from "./project";
import { restorePart } from "./restore";
import { CHUNK, OFFSET_BYTES, scene } from "./scene";
import { SORT_BYTES } from "./sort";

// The phases that threads share, part by part: PROJECT by Gaussians, BLEND by tiles, RESTORE by rows.

export const PROJECT = 1;
export const BLEND = 2;
/** The restorer's first step, and those after it. */
export const RESTORE = 3;

/** Milliseconds of this thread on the first half of the phase's parts (deform, blend) and on the second. */
let firstMs: f64 = 0;
let secondMs: f64 = 0;

export function resetClocks(): void {
  firstMs = 0;
  secondMs = 0;
}

/** Share of this thread's time that the first half took. */
export function firstShare(): f64 {
  return firstMs / max<f64>(firstMs + secondMs, 1e-9);
}

export function doPart(phase: i32, part: i32, thread: i32): void {
  if (phase >= RESTORE) {
    restorePart(phase - RESTORE, part);
    return;
  }
  const scratch = scene.scratch + <usize>thread * SCRATCH_BYTES;
  const began = now();
  const between = phase === PROJECT ? projectPart(part, scratch) : blendPart(part, scratch);
  firstMs += between - began;
  secondMs += now() - between;
}

/** @returns when the deformation was done. */
function projectPart(part: i32, scratch: usize): f64 {
  const first = part * CHUNK;
  const end = min(first + CHUNK, scene.count);
  let rows = scene.offsets + <usize>first * 56;
  let stride: usize = 56;
  if (scene.fused) {
    rows = scratch;
    stride = OFFSET_BYTES;
    deform(first, end, rows, scratch + <usize>CHUNK * OFFSET_BYTES);
  }
  const deformed = now();
  for (let i = first; i < end; i += 4) {
    project(i >> 2, rows, stride);
    rows += 4 * stride;
  }
  return deformed;
}

/** @returns when the tile was blended. */
function blendPart(tile: i32, scratch: usize): f64 {
  const buffer = scratch + <usize>CHUNK * OFFSET_BYTES + DEFORM_BYTES + SORT_BYTES;
  blend(tile, buffer);
  const blended = now();
  if (scene.headOnly) copyHead(tile, buffer);
  else composite(tile, buffer);
  return blended;
}
