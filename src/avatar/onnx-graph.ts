import { bytesOf, integersOf, readFields, textOf } from "./protobuf";

/** A constant of the graph. */
export interface OnnxTensor {
  readonly dims: readonly number[];
  /** `TensorProto.DataType`: 1 float32, 10 float16. */
  readonly dataType: number;
  /** Little-endian values, empty where the file holds them another way. */
  readonly raw: Uint8Array;
}

/** What an ONNX file computes, names and all. */
export interface OnnxGraph {
  /** In the file's order, `Op input … -> output … attribute=integer …`. */
  readonly nodes: readonly string[];
  readonly outputs: readonly string[];
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
}

/** Field numbers are those of onnx.proto. @throws where the bytes are no protocol buffer. */
export function readOnnxGraph(model: ArrayBuffer): OnnxGraph {
  const nodes: string[] = [];
  const outputs: string[] = [];
  const initializers = new Map<string, OnnxTensor>();
  for (const [part, graph] of readFields(new Uint8Array(model))) {
    if (part !== 7) continue;
    for (const [field, value] of readFields(bytesOf(graph))) {
      if (field === 1) nodes.push(readNode(bytesOf(value)));
      else if (field === 5) initializers.set(...readTensor(bytesOf(value)));
      else if (field === 12) outputs.push(readName(bytesOf(value)));
    }
  }
  return { nodes, outputs, initializers };
}

function readNode(message: Uint8Array): string {
  let domain = "";
  let op = "";
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: string[] = [];
  for (const [field, value] of readFields(message)) {
    if (field === 1) inputs.push(textOf(value));
    else if (field === 2) outputs.push(textOf(value));
    else if (field === 4) op = textOf(value);
    else if (field === 5) attributes.push(readAttribute(bytesOf(value)));
    else if (field === 7) domain = textOf(value);
  }
  return [domain + op, ...inputs, "->", ...outputs, ...attributes].join(" ");
}

function readAttribute(message: Uint8Array): string {
  let name = "";
  let integer = "";
  for (const [field, value] of readFields(message)) {
    if (field === 1) name = textOf(value);
    else if (field === 3) integer = String(value);
  }
  return `${name}=${integer}`;
}

function readTensor(message: Uint8Array): [name: string, tensor: OnnxTensor] {
  let name = "";
  let dataType = 0;
  let raw: Uint8Array = new Uint8Array();
  const dims: number[] = [];
  for (const [field, value] of readFields(message)) {
    if (field === 1) dims.push(...integersOf(value));
    else if (field === 2) [dataType = 0] = integersOf(value);
    else if (field === 8) name = textOf(value);
    else if (field === 9) raw = bytesOf(value);
  }
  return [name, { dims, dataType, raw }];
}

/** Of a ValueInfoProto. */
function readName(message: Uint8Array): string {
  for (const [field, value] of readFields(message)) if (field === 1) return textOf(value);
  return "";
}
