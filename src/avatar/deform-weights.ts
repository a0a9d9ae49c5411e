import { EXPRESSION_SIZE, LIP_SIZE } from "../motion/conditions";
import { OFFSET_SIZE } from "../render/scene";
import { byteColumns, halves } from "./constants";
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

/** With a row for every Gaussian, in bytes. */
const TABLES = ["lip_attention", "expression_attention", "first_from_feature"] as const;
/** In half precision. */
const LAYERS = [
  "first_from_conditions",
  "second_weight",
  "second_bias",
  "offset_weight",
  "offset_bias",
] as const;

/** The nodes as trainer/lipsplat/bundle/deform.py writes them. */
const NODES = [
  ...TABLES.flatMap((name) => [
    `Cast ${name}_byte -> ${name}_steps to=1`,
    `Mul ${name}_steps ${name}_step -> ${name}`,
  ]),
  ...LAYERS.map((name) => `Cast ${name}_half -> ${name} to=1`),
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
    const count = initializers.get("lip_attention_byte")?.dims[0] ?? Number.NaN;
    const table = (name: (typeof TABLES)[number], width: number) =>
      byteColumns(initializers.get(`${name}_byte`), initializers.get(`${name}_step`), [count, width]);
    const layer = (name: (typeof LAYERS)[number], ...dims: readonly number[]) =>
      halves(initializers.get(`${name}_half`), dims);
    return {
      count,
      lipAttention: table("lip_attention", LIP_SIZE),
      expressionAttention: table("expression_attention", EXPRESSION_SIZE),
      firstFromFeature: table("first_from_feature", HIDDEN_SIZE),
      firstFromConditions: layer("first_from_conditions", LIP_SIZE + EXPRESSION_SIZE, HIDDEN_SIZE),
      secondWeight: layer("second_weight", HIDDEN_SIZE, HIDDEN_SIZE),
      secondBias: layer("second_bias", HIDDEN_SIZE),
      offsetWeight: layer("offset_weight", HIDDEN_SIZE, OFFSET_SIZE),
      offsetBias: layer("offset_bias", OFFSET_SIZE),
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
