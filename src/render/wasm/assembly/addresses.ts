import { scene } from "./scene";

// Where the host writes and reads; layouts in scene.ts.

export function uniforms(): usize {
  return scene.uniforms;
}

export function conditions(): usize {
  return scene.conditions;
}

export function gaussians(): usize {
  return scene.gaussians;
}

export function harmonics(): usize {
  return scene.harmonics;
}

export function offsets(): usize {
  return scene.offsets;
}

export function attention(): usize {
  return scene.attention;
}

export function firstFromFeature(): usize {
  return scene.firstFromFeature;
}

export function firstFromConditions(): usize {
  return scene.firstFromConditions;
}

export function second(): usize {
  return scene.second;
}

export function last(): usize {
  return scene.last;
}

export function torso(): usize {
  return scene.torso;
}

export function mask(): usize {
  return scene.mask;
}

export function pixels(): usize {
  return scene.pixels;
}

export function setFrame(fused: bool, headOnly: bool, hasTorso: bool, hasMask: bool, restoring: bool): void {
  scene.fused = fused;
  scene.headOnly = headOnly;
  scene.hasTorso = hasTorso;
  scene.hasMask = hasMask;
  scene.restoring = restoring;
}
