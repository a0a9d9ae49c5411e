import { EXPRESSION_SIZE, LIP_SIZE } from "../motion/conditions";
import { OFFSET_SIZE } from "../render/scene";
import { halves } from "./half";
import { readOnnxGraph } from "./onnx-graph";

/** Width of both hidden layers. */
export const HIDDEN_SIZE = 64;

/**
 * The constants of deform.onnx, row-major:
 * offset = relu(relu([lip⊙lipAttention, expression⊙expressionAttention]·firstFromConditions + firstFromFeature)
 * ·secondWeight + secondBias)·offsetWeight + offsetBias. All finite, all exact in half precision.
 */
export interface DeformWeights {
  /** N */
  readonly count: number;
  /** [N,32] */
  readonly lipAttention: Float32Array<ArrayBuffer>;
  /** [N,13] */
  readonly expressionAttention: Float32Array<ArrayBuffer>;
  /** [N,64], the first layer's bias in it. */
  readonly firstFromFeature: Float32Array<ArrayBuffer>;
  /** [45,64]: 32 rows of the lips, 13 of the expression. */
  readonly firstFromConditions: Float32Array<ArrayBuffer>;
  /** [64,64] */
  readonly secondWeight: Float32Array<ArrayBuffer>;
  /** [64] */
  readonly secondBias: Float32Array<ArrayBuffer>;
  /** [64,14] */
  readonly offsetWeight: Float32Array<ArrayBuffer>;
  /** [14] */
  readonly offsetBias: Float32Array<ArrayBuffer>;
}

const CONSTANTS = [
  "lip_attention",
  "expression_attention",
  "first_from_feature",
  "first_from_conditions",
  "second_weight",
  "second_bias",
  "offset_weight",
  "offset_bias",
] as const;
type Constant = (typeof CONSTANTS)[number];

/** The nodes as trainer/lipsplat/bundle/deform.py writes them. */
const NODES = [
  ...CONSTANTS.map((name) => `Cast ${name}_half -> ${name} to=1`),
  "Mul lip lip_attention -> lip_feature",
  "Mul expression expression_attention -> expression_feature",
  "Concat lip_feature expression_feature -> conditions axis=1",
  "MatMul conditions first_from_conditions -> first_moved",
  "Add first_moved first_from_feature -> first_sum",
  "Relu first_sum -> first",
  "MatMul first second_weight -> second_moved",
  "Add second_moved second_bias -> second_sum",
  "Relu second_sum -> second",
  "MatMul second offset_weight -> offset_moved",
  "Add offset_moved offset_bias -> offset",
].join("\n");

/**
 * The weights in a deform.onnx, for renderers that run the network themselves.
 * Undefined where the graph is any other, or a weight is missing, misshapen or not finite: ONNX Runtime's case.
 */
export function readDeformWeights(onnx: ArrayBuffer): DeformWeights | undefined {
  try {
    const { nodes, outputs, initializers } = readOnnxGraph(onnx);
    if (nodes.join("\n") !== NODES || outputs.join() !== "offset") return undefined;
    const count = initializers.get("lip_attention_half")?.dims[0] ?? Number.NaN;
    const read = (name: Constant, ...dims: readonly number[]) => {
      return halves(initializers.get(`${name}_half`), dims);
    };
    return {
      count,
      lipAttention: read("lip_attention", count, LIP_SIZE),
      expressionAttention: read("expression_attention", count, EXPRESSION_SIZE),
      firstFromFeature: read("first_from_feature", count, HIDDEN_SIZE),
      firstFromConditions: read("first_from_conditions", LIP_SIZE + EXPRESSION_SIZE, HIDDEN_SIZE),
      secondWeight: read("second_weight", HIDDEN_SIZE, HIDDEN_SIZE),
      secondBias: read("second_bias", HIDDEN_SIZE),
      offsetWeight: read("offset_weight", HIDDEN_SIZE, OFFSET_SIZE),
      offsetBias: read("offset_bias", OFFSET_SIZE),
    };
  } catch {
    return undefined;
  }
}

/** @throws {TypeError} they move another number of Gaussians, or names the array whose length does not fit. */
export function checkDeformWeights(weights: DeformWeights, gaussians: number): void {
  const { count } = weights;
  if (count !== gaussians) throw new TypeError(`deform moves ${count} Gaussians, the cloud has ${gaussians}`);
  const lengths = {
    lipAttention: count * LIP_SIZE,
    expressionAttention: count * EXPRESSION_SIZE,
    firstFromFeature: count * HIDDEN_SIZE,
    firstFromConditions: (LIP_SIZE + EXPRESSION_SIZE) * HIDDEN_SIZE,
    secondWeight: HIDDEN_SIZE * HIDDEN_SIZE,
    secondBias: HIDDEN_SIZE,
    offsetWeight: HIDDEN_SIZE * OFFSET_SIZE,
    offsetBias: OFFSET_SIZE,
  };
  for (const [name, expected] of Object.entries(lengths)) {
    const { length } = weights[name as keyof typeof lengths];
    if (length !== expected)
      throw new TypeError(`deform.${name} has ${length} values: it must have ${expected}`);
  }
}
