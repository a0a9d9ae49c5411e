import deformProject from "../../../shaders/deform_project.wgsl?raw";
import projectOnly from "../../../shaders/project.wgsl?raw";
import type { DeformWeights } from "../../avatar/deform-weights";
import { type GaussianCloud, OFFSET_SIZE } from "../scene";
import type { BufferSet } from "./buffers";
import { createDeformBuffers, ROWS } from "./deform";
import { createKernel, divideUp, type Recorder, recorder, WORKGROUP } from "./kernel";

/** Bytes of `Splat` in shaders/shared/splat.wgsl. */
const SPLAT_BYTES = 48;

/** Of shaders/shared/project_gaussian.wgsl. */
const SLOTS = {
  frame: "uniform",
  gaussians: "read-only-storage",
  sphericalHarmonics: "read-only-storage",
  splats: "storage",
  depthKeys: "storage",
  splatFromRank: "storage",
} as const;
const FROM_OFFSETS = { ...SLOTS, offsets: "read-only-storage" } as const;
const FROM_CONDITIONS = { ...SLOTS, network: "uniform", rows: "read-only-storage" } as const;

export interface ProjectPass {
  /** [N] */
  readonly splats: GPUBuffer;
  /** [N] float32 depth as bits; all ones where nothing is to be drawn. */
  readonly depthKeys: GPUBuffer;
  /** [N] 0, 1, 2 … */
  readonly splatFromRank: GPUBuffer;
  /** The next frames take this offset [N,14]. */
  writeOffset(offset: Float32Array): void;
  /** The next frames compute their offset from these: the network and the projection in one go. */
  writeConditions(lip: Float32Array, expression: Float32Array): void;
  record: Recorder;
}

/** Deforms, poses and projects the cloud. */
export async function createProjectPass(
  device: GPUDevice,
  buffers: BufferSet,
  frame: GPUBuffer,
  cloud: GaussianCloud,
  deform?: DeformWeights,
): Promise<ProjectPass> {
  const { count } = cloud;
  const constants = { SH_DEGREE: cloud.shDegree };
  const lengths = {
    gaussians: count,
    sphericalHarmonics: count * (cloud.shDegree + 1) ** 2 * 3,
    splats: count,
    depthKeys: count,
    splatFromRank: count,
  };
  const workgroups = divideUp(count, WORKGROUP);
  const entryPoints = { project: constants };
  const kernel = await createKernel(device, "project", projectOnly, FROM_OFFSETS, entryPoints, {
    ...lengths,
    offsets: count * OFFSET_SIZE,
  });
  const offsets = buffers.create("offset", count * OFFSET_SIZE * 4);
  const fixed = {
    frame,
    gaussians: buffers.upload("gaussians", packGaussians(cloud)),
    sphericalHarmonics: buffers.upload("spherical_harmonics", new Float32Array(cloud.sphericalHarmonics)),
    splats: buffers.create("splats", count * SPLAT_BYTES),
    depthKeys: buffers.create("depth_keys", count * 4),
    splatFromRank: buffers.create("splat_from_rank", count * 4),
  };
  const fromOffset = recorder(kernel.pipelines.project, kernel.bind({ ...fixed, offsets }), workgroups);
  let project = fromOffset;

  const createFused = async (weights: DeformWeights) => {
    const { network, rows, writeConditions } = createDeformBuffers(device, buffers, weights, count);
    const entryPoints = { deform_project: constants };
    const fused = await createKernel(device, "deform_project", deformProject, FROM_CONDITIONS, entryPoints, {
      ...lengths,
      rows: count * ROWS,
    });
    const group = fused.bind({ ...fixed, network, rows });
    return { writeConditions, record: recorder(fused.pipelines.deform_project, group, workgroups) };
  };
  const fused = deform && (await createFused(deform));
  return {
    splats: fixed.splats,
    depthKeys: fixed.depthKeys,
    splatFromRank: fixed.splatFromRank,
    writeOffset(offset) {
      device.queue.writeBuffer(offsets, 0, offset as Float32Array<ArrayBuffer>);
      project = fromOffset;
    },
    writeConditions(lip, expression) {
      if (fused === undefined) throw new TypeError("conditions need the option deform");
      fused.writeConditions(lip, expression);
      project = fused.record;
    },
    record: (pass) => project(pass),
  };
}

/** `Gaussian` of shaders/shared/project_gaussian.wgsl: position, head weight, quaternion, log-scale, opacity logit. */
function packGaussians(cloud: GaussianCloud): Float32Array<ArrayBuffer> {
  const packed = new Float32Array(cloud.count * 12);
  for (let i = 0; i < cloud.count; i++) {
    packed.set(cloud.position.subarray(i * 3, i * 3 + 3), i * 12);
    packed[i * 12 + 3] = cloud.headWeight[i] ?? 0;
    packed.set(cloud.rotation.subarray(i * 4, i * 4 + 4), i * 12 + 4);
    packed.set(cloud.logScale.subarray(i * 3, i * 3 + 3), i * 12 + 8);
    packed[i * 12 + 11] = cloud.opacityLogit[i] ?? 0;
  }
  return packed;
}
