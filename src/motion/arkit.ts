import { EXPRESSION_SIZE } from "./conditions";
import { EXPRESSION_NAMES } from "./expression-names";

/** ARKit's 52 coefficients, each 0 … 1, in the order that generator, codec and trainer share. */
// biome-ignore format: one list
export const ARKIT_NAMES = [
  "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff",
  "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight",
  "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight",
  "eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen", "jawRight",
  "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight", "mouthFunnel",
  "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight", "mouthPucker",
  "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthSmileLeft",
  "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight",
  "noseSneerLeft", "noseSneerRight", "tongueOut",
] as const;

export type ArkitName = (typeof ARKIT_NAMES)[number];

export const ARKIT_SIZE = ARKIT_NAMES.length;

/** Radians of gaze at which an eyeLook coefficient is 1. */
export const LOOK_RANGE = 0.5;

const index = new Map<string, number>(ARKIT_NAMES.map((name, i) => [name, i]));

export function arkitIndex(name: ArkitName): number {
  return index.get(name) ?? 0;
}

/** By eyeLook's way: the share of yaw (to the person's left) and pitch (downwards) in it, for left and right eye. */
const LOOKS = [
  { names: ["eyeLookOutLeft", "eyeLookInRight"], yaw: 1, pitch: 0 },
  { names: ["eyeLookInLeft", "eyeLookOutRight"], yaw: -1, pitch: 0 },
  { names: ["eyeLookDownLeft", "eyeLookDownRight"], yaw: 0, pitch: 1 },
  { names: ["eyeLookUpLeft", "eyeLookUpRight"], yaw: 0, pitch: -1 },
] as const;

/** Writes a gaze, radians in the avatar's axes (yaw to the person's left, pitch downwards), into coefficients [52]. */
export function writeGaze(coefficients: Float32Array, yaw: number, pitch: number): void {
  for (const look of LOOKS) {
    const weight = Math.max(0, Math.min(1, (look.yaw * yaw + look.pitch * pitch) / LOOK_RANGE));
    for (const name of look.names) coefficients[arkitIndex(name)] = weight;
  }
}

/** Yaw and pitch that the eyeLook coefficients say, the mean of both eyes, radians. */
export function readGaze(coefficients: Float32Array): { yaw: number; pitch: number } {
  let [yaw, pitch] = [0, 0];
  for (const look of LOOKS) {
    for (const name of look.names) {
      const angle = ((coefficients[arkitIndex(name)] ?? 0) * LOOK_RANGE) / look.names.length;
      yaw += look.yaw * angle;
      pitch += look.pitch * angle;
    }
  }
  return { yaw, pitch };
}

/** Picks the avatar's channels [13], in the order of avatar.json, out of coefficients [52]; nothing is clamped. */
export function pickExpression(coefficients: Float32Array, out: Float32Array): void {
  const gaze = readGaze(coefficients);
  for (let i = 0; i < EXPRESSION_SIZE; i++) {
    const name = EXPRESSION_NAMES[i];
    if (name === "gazeYaw") out[i] = gaze.yaw;
    else if (name === "gazePitch") out[i] = gaze.pitch;
    else if (name) out[i] = coefficients[arkitIndex(name)] ?? 0;
  }
}
