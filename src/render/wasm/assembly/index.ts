import { bin, markDeadTiles } from "./bin";
import { now } from "./clock";
import { DEFORM_BYTES, deform } from "./deform";
import { BLEND, firstShare, PROJECT, RESTORE, resetClocks } from "./parts";
import { RESTORE_STEPS, restoreParts, restorerAddress } from "./restore";
import { CHUNK, OFFSET_BYTES, scene } from "./scene";
import { sort } from "./sort";
import { run, serve, stop } from "./threads";

export * from "./addresses";
export { reserve, reservePicture, reserveRestorer } from "./memory";
export { deform, markDeadTiles, restorerAddress, serve, stop };

let deformMs: f64 = 0;
let projectMs: f64 = 0;
let sortMs: f64 = 0;
let blendMs: f64 = 0;
let compositeMs: f64 = 0;
let restoreMs: f64 = 0;

/** Draws the frame. @returns false: the memory cannot hold the tile pairs. */
export function draw(threads: i32, mayWait: bool): bool {
  const began = now();
  resetClocks();
  run(PROJECT, (scene.count + CHUNK - 1) / CHUNK, threads, mayWait);
  const projected = now();
  deformMs = (projected - began) * firstShare();
  projectMs = projected - began - deformMs;
  sort(scene.scratch + <usize>CHUNK * OFFSET_BYTES + DEFORM_BYTES);
  if (!bin()) return false;
  const sorted = now();
  sortMs = sorted - projected;
  resetClocks();
  run(BLEND, scene.tilesX * scene.tilesY, threads, mayWait);
  const blended = now();
  blendMs = (blended - sorted) * firstShare();
  compositeMs = blended - sorted - blendMs;
  if (scene.restoring) {
    for (let step = 0; step < RESTORE_STEPS; step++)
      run(RESTORE + step, restoreParts(step), threads, mayWait);
  }
  restoreMs = now() - blended;
  return true;
}

export function deformTime(): f64 {
  return deformMs;
}

export function projectTime(): f64 {
  return projectMs;
}

export function sortTime(): f64 {
  return sortMs;
}

export function blendTime(): f64 {
  return blendMs;
}

export function compositeTime(): f64 {
  return compositeMs;
}

export function restoreTime(): f64 {
  return restoreMs;
}
