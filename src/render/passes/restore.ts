import restore from "../../../shaders/restore.wgsl?raw";
import restoreFold from "../../../shaders/restore_fold.wgsl?raw";
import restoreShow from "../../../shaders/restore_show.wgsl?raw";
import { FEATHER, movedBy, REACH, type RestorerWeights } from "../../avatar/restorer-weights";
import { channelsLast, FOLDED_CHANNELS, LAYERS, packConvolution, padded } from "../restorer-layout";
import type { HeadPose, Size } from "../scene";
import type { BufferSet } from "./buffers";
import { createKernel, divideUp, type Recorder, recorder, sequence, WORKGROUP } from "./kernel";
import { linkShader } from "./shader";
import type { PassTimer } from "./timer";

const LABEL = "lipsplat.restore";
const SLOTS = {
  layer: "uniform",
  source: "read-only-storage",
  weights: "read-only-storage",
  place: "read-only-storage",
  moved: "read-only-storage",
  result: "storage",
} as const;
/** Of what is below 0; trainer/lipsplat/restore/network.py. */
const SLOPE = 0.125;
/** Bytes of `Layer`. */
const LAYER_BYTES = 32;

/** The Torso Restorer between the composite and the canvas. */
export interface RestorePass {
  /** What the composite draws into. */
  readonly composited: GPUTextureView;
  /** Of the texture; the buffers are the set's. */
  readonly memoryBytes: number;
  /** Before a frame that is restored. */
  prepare(pose: HeadPose): void;
  /** From `composited` into a view of `target` format. */
  record(encoder: GPUCommandEncoder, view: GPUTextureView, timer: PassTimer): void;
  destroy(): void;
}

/** @param target format of the picture and of the views. */
export async function createRestorePass(
  device: GPUDevice,
  target: GPUTextureFormat,
  buffers: BufferSet,
  weights: RestorerWeights,
  size: Size,
): Promise<RestorePass> {
  const { box } = weights;
  const texture = device.createTexture({
    label: LABEL,
    size: [size.width, size.height],
    format: target,
    usage: GPUTextureUsage.RENDER_ATTACHMENT | GPUTextureUsage.TEXTURE_BINDING,
  });
  const composited = texture.createView();
  const [layers, { fold, show, folded }] = await Promise.all([
    createLayers(device, buffers, weights),
    createEnds(device, target, buffers, weights, composited),
  ]);
  const half = { width: box.width / 2, height: box.height / 2 };
  const steps = layers.bind(folded, half);
  return {
    composited,
    memoryBytes: size.width * size.height * 4,
    prepare(pose) {
      device.queue.writeBuffer(layers.moved, 0, movedBy(weights, pose));
    },
    record(encoder, view, timer) {
      const compute = encoder.beginComputePass({ label: LABEL, ...timer.writes("restore") });
      fold(compute);
      steps(compute);
      compute.end();
      const pass = encoder.beginRenderPass({
        label: LABEL,
        colorAttachments: [{ view, loadOp: "clear", storeOp: "store" }],
      });
      show(pass);
      pass.end();
    },
    destroy: () => texture.destroy(),
  };
}

/** The network between the folded picture and its change, which take turns in one buffer. */
async function createLayers(device: GPUDevice, buffers: BufferSet, weights: RestorerWeights) {
  const kernel = await createKernel(device, "restore", restore, SLOTS, { convolve: {}, rise: {} });
  const place = buffers.upload("restore_place", channelsLast(weights.place, weights.enter.outputs));
  const moved = buffers.create("restore_moved", weights.enter.outputs * 4);
  const packed = new Map(
    LAYERS.map((name) => [name, buffers.upload(`restore_${name}`, packConvolution(weights[name]))]),
  );

  function describe(
    target: Size,
    inputs: number,
    outputs: number,
    stride: number,
    bias: number,
    slope: number,
  ) {
    const layer = buffers.create("restore_layer", LAYER_BYTES, GPUBufferUsage.UNIFORM);
    const words = new Uint32Array([target.width, target.height, inputs / 4, outputs / 4, stride, bias, 0, 0]);
    new Float32Array(words.buffer)[6] = slope;
    device.queue.writeBuffer(layer, 0, words);
    return layer;
  }

  return {
    moved,
    bind(folded: GPUBuffer, half: Size): Recorder {
      const sizes = [half, halved(half), halved(halved(half))] as const;
      const create = (level: 0 | 1 | 2, channels: number) =>
        buffers.create("restore_activations", sizes[level].width * sizes[level].height * channels * 4);
      const convolve = (
        name: (typeof LAYERS)[number],
        source: GPUBuffer,
        target: GPUBuffer,
        level: 0 | 1 | 2,
        stride = 1,
        slope = SLOPE,
      ): Recorder => {
        const { inputs, outputs, bias } = weights[name];
        const [wideIn, wideOut] = [padded(inputs), padded(outputs)];
        const biasAt = bias ? (wideIn * 9 * wideOut) / 4 : 0;
        const size = sizes[level];
        const layer = describe(size, wideIn, wideOut, stride, biasAt, slope);
        const kernelWeights = packed.get(name);
        if (!kernelWeights) throw new ReferenceError(`no weights of ${name}`);
        const group = kernel.bind({ layer, source, weights: kernelWeights, place, moved, result: target });
        const threads = (size.width * size.height * wideOut) / 8;
        return recorder(kernel.pipelines.convolve, group, divideUp(threads, WORKGROUP));
      };
      const rise = (
        name: "rise" | "riseAgain",
        source: GPUBuffer,
        target: GPUBuffer,
        level: 1 | 2,
      ): Recorder => {
        const { inputs, outputs, weight } = weights[name];
        const size = sizes[level];
        const layer = describe(size, inputs, outputs, 1, 0, 1);
        const rows = buffers.upload(`restore_${name}`, channelsLast(weight, outputs));
        const group = kernel.bind({ layer, source, weights: rows, place, moved, result: target });
        const threads = (size.width * size.height * outputs) / 4;
        return recorder(kernel.pipelines.rise, group, divideUp(threads, WORKGROUP));
      };
      const [wide, middle, deep] = [weights.enter.outputs, weights.down.outputs, weights.deep.outputs];
      const [first, last] = [create(0, wide), create(0, wide)];
      const [second, secondAgain] = [create(1, middle), create(1, middle)];
      const [third, thirdAgain] = [create(2, deep), create(2, deep)];
      return sequence(
        convolve("enter", folded, first, 0),
        convolve("down", first, second, 1, 2),
        convolve("deep", second, third, 2, 2),
        convolve("deepest", third, thirdAgain, 2),
        rise("rise", thirdAgain, second, 2),
        convolve("middle", second, secondAgain, 1),
        rise("riseAgain", secondAgain, first, 1),
        convolve("top", first, last, 0),
        convolve("leave", last, folded, 0, 1, 1),
      );
    },
  };
}

const halved = ({ width, height }: Size): Size => ({ width: width / 2, height: height / 2 });

/** Picture to folded picture, and change to picture. */
async function createEnds(
  device: GPUDevice,
  target: GPUTextureFormat,
  buffers: BufferSet,
  { box }: RestorerWeights,
  composited: GPUTextureView,
) {
  const constants = { X: box.x, Y: box.y, WIDTH: box.width, HEIGHT: box.height };
  const pixels = (box.width * box.height) / 4;
  const folded = buffers.create("restore_folded", pixels * FOLDED_CHANNELS * 4);
  const layoutOf = (visibility: GPUShaderStageFlags, type: GPUBufferBindingType) =>
    device.createBindGroupLayout({
      label: LABEL,
      entries: [
        { binding: 0, visibility, texture: {} },
        { binding: 1, visibility, buffer: { type } },
      ],
    });
  const groupOf = (layout: GPUBindGroupLayout) =>
    device.createBindGroup({
      label: LABEL,
      layout,
      entries: [
        { binding: 0, resource: composited },
        { binding: 1, resource: { buffer: folded } },
      ],
    });
  const pipelineLayout = (layout: GPUBindGroupLayout) =>
    device.createPipelineLayout({ label: LABEL, bindGroupLayouts: [layout] });
  const foldLayout = layoutOf(GPUShaderStage.COMPUTE, "storage");
  const showLayout = layoutOf(GPUShaderStage.FRAGMENT, "read-only-storage");
  const foldModule = device.createShaderModule({ label: LABEL, code: linkShader(restoreFold) });
  const showModule = device.createShaderModule({ label: LABEL, code: linkShader(restoreShow) });
  const [foldPipeline, showPipeline] = await Promise.all([
    device.createComputePipelineAsync({
      label: LABEL,
      layout: pipelineLayout(foldLayout),
      compute: { module: foldModule, constants },
    }),
    device.createRenderPipelineAsync({
      label: LABEL,
      layout: pipelineLayout(showLayout),
      vertex: { module: showModule },
      fragment: {
        module: showModule,
        targets: [{ format: target }],
        constants: { ...constants, REACH, FEATHER },
      },
    }),
  ]);
  const showGroup = groupOf(showLayout);
  return {
    folded,
    fold: recorder(foldPipeline, groupOf(foldLayout), divideUp(pixels, WORKGROUP)),
    show(pass: GPURenderPassEncoder) {
      pass.setPipeline(showPipeline);
      pass.setBindGroup(0, showGroup);
      pass.draw(3);
    },
  };
}
