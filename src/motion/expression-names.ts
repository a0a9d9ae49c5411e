/** The order of `avatar.json` and of deform.onnx: ARKit's names, and the gaze in radians. */
export const EXPRESSION_NAMES = [
  "browDownLeft",
  "browDownRight",
  "browInnerUp",
  "browOuterUpLeft",
  "browOuterUpRight",
  "eyeBlinkLeft",
  "eyeBlinkRight",
  "gazeYaw",
  "gazePitch",
  "mouthSmileLeft",
  "mouthSmileRight",
  "eyeSquintLeft",
  "eyeSquintRight",
] as const;

export type ExpressionName = (typeof EXPRESSION_NAMES)[number];

/** What each named expression moves: shares of the way from rest to the most (negative: the least) that the avatar shows. */
export const NAMED_EXPRESSIONS = {
  smile: { mouthSmileLeft: 1, mouthSmileRight: 1, eyeSquintLeft: 0.5, eyeSquintRight: 0.5 },
  surprise: {
    browInnerUp: 1,
    browOuterUpLeft: 1,
    browOuterUpRight: 1,
    eyeSquintLeft: -1,
    eyeSquintRight: -1,
  },
  frown: { browDownLeft: 1, browDownRight: 1, mouthSmileLeft: -0.5, mouthSmileRight: -0.5 },
  worry: { browInnerUp: 1, mouthSmileLeft: -1, mouthSmileRight: -1 },
  squint: { eyeSquintLeft: 1, eyeSquintRight: 1 },
  blink: { eyeBlinkLeft: 1, eyeBlinkRight: 1 },
} as const satisfies Record<string, Partial<Record<ExpressionName, number>>>;

export type NamedExpression = keyof typeof NAMED_EXPRESSIONS;

/** `smile` and its kin, 0 … 1, beside single coefficients by their own names; what is left out stays with the idle motion. */
export type ExpressionWeights = Readonly<Partial<Record<NamedExpression | ExpressionName, number>>>;

const known: ReadonlySet<string> = new Set([...Object.keys(NAMED_EXPRESSIONS), ...EXPRESSION_NAMES]);

/** @returns what is wrong with the weights, in words; undefined where nothing is. */
export function amiss(weights: unknown): string | undefined {
  if (typeof weights !== "object" || weights === null)
    return "an expression is a record of weights, or null.";
  for (const [name, weight] of Object.entries(weights)) {
    if (!known.has(name)) return `there is no expression "${name}"; there are ${[...known].join(", ")}.`;
    if (typeof weight !== "number" || !Number.isFinite(weight)) {
      return `the weight of ${name} is a finite number, not ${String(weight)}.`;
    }
  }
  return undefined;
}
