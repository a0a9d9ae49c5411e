import { PbfReader } from "pbf";

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
  const graph = {
    nodes: [] as string[],
    outputs: [] as string[],
    initializers: new Map<string, OnnxTensor>(),
  };
  new PbfReader(model).readFields((tag, { nodes, outputs, initializers }, pbf) => {
    if (tag !== 7) return;
    pbf.readMessage((field) => {
      if (field === 1) nodes.push(readNode(pbf));
      else if (field === 5) initializers.set(...readTensor(pbf));
      else if (field === 12) outputs.push(readName(pbf));
    }, undefined);
  }, graph);
  return graph;
}

function readNode(pbf: PbfReader): string {
  const node = {
    domain: "",
    op: "",
    inputs: [] as string[],
    outputs: [] as string[],
    attributes: [] as string[],
  };
  pbf.readMessage((field) => {
    if (field === 1) node.inputs.push(pbf.readString());
    else if (field === 2) node.outputs.push(pbf.readString());
    else if (field === 4) node.op = pbf.readString();
    else if (field === 5) node.attributes.push(readAttribute(pbf));
    else if (field === 7) node.domain = pbf.readString();
  }, undefined);
  return [node.domain + node.op, ...node.inputs, "->", ...node.outputs, ...node.attributes].join(" ");
}

function readAttribute(pbf: PbfReader): string {
  let name = "";
  let integer = "";
  pbf.readMessage((field) => {
    if (field === 1) name = pbf.readString();
    else if (field === 3) integer = String(pbf.readVarint(true));
  }, undefined);
  return `${name}=${integer}`;
}

function readTensor(pbf: PbfReader): [name: string, tensor: OnnxTensor] {
  let name = "";
  const tensor = { dims: [] as number[], dataType: 0, raw: new Uint8Array() as Uint8Array };
  pbf.readMessage((field) => {
    if (field === 1) pbf.readPackedVarint(tensor.dims, true);
    else if (field === 2) tensor.dataType = pbf.readVarint();
    else if (field === 8) name = pbf.readString();
    else if (field === 9) tensor.raw = pbf.readBytes();
  }, undefined);
  return [name, tensor];
}

/** Of a ValueInfoProto. */
function readName(pbf: PbfReader): string {
  let name = "";
  pbf.readMessage((field) => {
    if (field === 1) name = pbf.readString();
  }, undefined);
  return name;
}
