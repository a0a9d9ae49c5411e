import { LipsplatError } from "../player/errors";
import type { HeadPose } from "../render/scene";
import { halves } from "./constants";
import { readOnnxGraph } from "./onnx-graph";
import type { AvatarManifest } from "./schema";

/** Rotation and translation of the head. */
const POSE_SIZE = 6;

/** On the canvas, pixels: width a multiple of 32, height of 8. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

type Values = Float32Array<ArrayBuffer>;

/** A convolution: weight [outputs, inputs, side, side], bias [outputs] where it has one. */
export interface Convolution {
  readonly inputs: number;
  readonly outputs: number;
  readonly weight: Values;
  readonly bias: Values | null;
}

/** The constants of restorer.onnx, a U-Net; see trainer/lipsplat/restore/network.py. */
export interface RestorerWeights {
  readonly box: Box;
  /** [outputs of `enter`, height / 2, width / 2] */
  readonly place: Values;
  /** [6, outputs of `enter`]: of the head's rotation and translation. */
  readonly pose: Values;
  /** 3×3, of the picture's pixels two by two. */
  readonly enter: Convolution;
  /** 3×3, every second pixel. */
  readonly down: Convolution;
  readonly deep: Convolution;
  readonly deepest: Convolution;
  readonly middle: Convolution;
  readonly top: Convolution;
  readonly leave: Convolution;
  /** 1×1 */
  readonly rise: Convolution;
  readonly riseAgain: Convolution;
}

/** Largest change of a colour, and the pixels over which it fades in from the box's edge. */
export const REACH = 0.6;
export const FEATHER = 12;
/** Four pixels of three colours. */
export const FOLDED = 12;

const BIASED = ["down", "deep", "deepest", "middle", "top", "leave"] as const;
const CONSTANTS = [
  ...["place", "pose_weight", "enter"],
  ...BIASED.flatMap((name) => [name, `${name}_bias`]),
  ...["rise", "rise_again"],
];
const convolved = (name: string, input: string) =>
  `Conv ${input} ${name} ${name}_bias -> ${name}_out kernel_shape= pads= strides=`;
const risen = (name: string, input: string) => [
  `Conv ${input} ${name} -> ${name}_narrow kernel_shape=`,
  `Resize ${name}_narrow  scales -> ${name}_out coordinate_transformation_mode= mode= nearest_mode=`,
];

/** The nodes as trainer/lipsplat/restore/export.py writes them. */
const NODES = [
  ...CONSTANTS.map((name) => `Cast ${name}_half -> ${name} to=1`),
  "MatMul pose pose_weight -> moved_row",
  "Unsqueeze moved_row axes -> moved",
  "Sub picture half -> centred",
  "SpaceToDepth centred -> unshuffled blocksize=2",
  "Conv unshuffled enter -> enter_out kernel_shape= pads= strides=",
  "Add enter_out place -> placed",
  "Add placed moved -> first",
  "LeakyRelu first -> first_active alpha=",
  convolved("down", "first_active"),
  "LeakyRelu down_out -> down_out_active alpha=",
  convolved("deep", "down_out_active"),
  "LeakyRelu deep_out -> deep_out_active alpha=",
  convolved("deepest", "deep_out_active"),
  "LeakyRelu deepest_out -> deepest_out_active alpha=",
  ...risen("rise", "deepest_out_active"),
  "Add down_out_active rise_out -> second",
  convolved("middle", "second"),
  "LeakyRelu middle_out -> middle_out_active alpha=",
  ...risen("rise_again", "middle_out_active"),
  "Add first_active rise_again_out -> first_again",
  convolved("top", "first_again"),
  "LeakyRelu top_out -> top_out_active alpha=",
  convolved("leave", "top_out_active"),
  "Clip leave_out least most -> change",
  "DepthToSpace change -> change_wide blocksize=2 mode=",
  "Mul change_wide rows -> faded_rows",
  "Mul faded_rows columns -> faded",
  "Add picture faded -> sum",
  "Clip sum zero one -> restored",
].join("\n");

/** @throws LipsplatError `bundle-corrupt`, naming file or field. */
export function readRestorer(
  { canvas, files, restorer }: AvatarManifest,
  onnx: ArrayBuffer,
): RestorerWeights {
  const box = restorer?.box;
  if (!box || box.x + box.width > canvas.width || box.y + box.height > canvas.height) {
    const amiss = box ? "reaches beyond the canvas" : "is missing";
    throw new LipsplatError("bundle-corrupt", `avatar.json, field restorer.box ${amiss}.`);
  }
  return readRestorerWeights(files.restorer?.path ?? "", onnx, box);
}

/** @throws LipsplatError `bundle-corrupt`, naming the file: it is not as the trainer writes it for this box. */
export function readRestorerWeights(name: string, onnx: ArrayBuffer, box: Box): RestorerWeights {
  try {
    return read(onnx, box);
  } catch (cause) {
    const remedy = "make it again with `lipsplat train-restorer`";
    throw new LipsplatError("bundle-corrupt", `${name} is no restorer for its box (${cause}): ${remedy}.`, {
      cause,
    });
  }
}

function read(onnx: ArrayBuffer, box: Box): RestorerWeights {
  const { nodes, outputs, initializers } = readOnnxGraph(onnx);
  if (nodes.join("\n") !== NODES || outputs.join() !== "restored") throw new TypeError("another graph");
  const values = (name: string, ...dims: readonly number[]) => halves(initializers.get(`${name}_half`), dims);
  const channelsOf = (name: string) => initializers.get(`${name}_half`)?.dims[0] ?? 0;
  const [wide, middle, deep] = ["enter", "down", "deep"].map(channelsOf) as [number, number, number];
  if ([wide, middle, deep].some((channels) => channels === 0 || channels % 8 !== 0 || channels > 64)) {
    throw new TypeError(`${wide}, ${middle} and ${deep} channels`);
  }
  const convolution = (name: string, inputs: number, count: number, side: number, biased: boolean) => ({
    inputs,
    outputs: count,
    weight: values(name, count, inputs, side, side),
    bias: biased ? values(`${name}_bias`, count) : null,
  });
  return {
    box,
    place: values("place", wide, box.height / 2, box.width / 2),
    pose: values("pose_weight", POSE_SIZE, wide),
    enter: convolution("enter", FOLDED, wide, 3, false),
    down: convolution("down", wide, middle, 3, true),
    deep: convolution("deep", middle, deep, 3, true),
    deepest: convolution("deepest", deep, deep, 3, true),
    middle: convolution("middle", middle, middle, 3, true),
    top: convolution("top", wide, wide, 3, true),
    leave: convolution("leave", wide, FOLDED, 3, true),
    rise: convolution("rise", deep, middle, 1, false),
    riseAgain: convolution("rise_again", middle, wide, 1, false),
  };
}

/** [outputs of `enter`]: what the head's pose adds to the first layer. */
export function movedBy({ enter, pose }: RestorerWeights, { rotation, translation }: HeadPose): Values {
  const moved = new Float32Array(enter.outputs);
  [...rotation, ...translation].forEach((value, row) => {
    for (let i = 0; i < enter.outputs; i++) {
      moved[i] = (moved[i] ?? 0) + value * (pose[row * enter.outputs + i] ?? 0);
    }
  });
  return moved;
}

/** [length] share of the change: 0 outside of the box, 1 from FEATHER pixels inside on. */
export const ramp = (length: number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length }, (_, i) => Math.min((Math.min(i, length - 1 - i) + 0.5) / FEATHER, 1));
