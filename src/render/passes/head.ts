import type { DeformWeights } from "../../avatar/deform-weights";
import { RasterizerLimitError } from "../errors";
import type { GaussianCloud, Size } from "../scene";
import { createBlendPass, emptyPicture } from "./blend";
import { type BufferSet, createBufferSet } from "./buffers";
import { createEmitPass } from "./emit";
import type { FrameUniform } from "./frame";
import { divideUp, type Recorder, sequence } from "./kernel";
import { createPlanPass } from "./plan";
import { createProjectPass } from "./project";
import { createRankCountsPass } from "./rank-counts";
import { createScanPass, SCAN_CHUNK, scanSize } from "./scan";
import { createSortPass, sortSize } from "./sort";
import { createTileRangesPass } from "./tile-ranges";
import type { PassName, PassTimer } from "./timer";

/** A float32 depth in four digits. */
const DEPTH_DIGIT_BITS = 8;
const DEPTH_DIGITS = 4;
const TILE_DIGITS = 2;
/** First guess of tile pairs per Gaussian; a face at 512² has 4 in tiles of 16 pixels, 8 in tiles of 8. */
const PAIRS_PER_GAUSSIAN = 10;
const PAIRS_AT_LEAST = 1 << 14;
/** A one-dimensional dispatch of 64 threads a workgroup reaches no further. */
const MOST_THREADS = 65535 * 64;

/** The passes that draw the head, in the order of a frame. */
export interface HeadPasses {
  /** [N,14] */
  readonly offsetBuffer: GPUBuffer;
  /** [height,width] premultiplied rgb and transmittance, f16. */
  readonly picture: GPUBuffer;
  readonly plan: GPUBuffer;
  setOffsetBuffer(buffer: GPUBuffer): void;
  writeConditions(lip: Float32Array, expression: Float32Array): void;
  record(encoder: GPUCommandEncoder, timer: PassTimer): void;
  /** Makes room for that many tile pairs. */
  grow(pairs: number): void;
  destroy(): void;
}

export function createHeadPasses(
  device: GPUDevice,
  buffers: BufferSet,
  { buffer: frame, tile, tiles }: FrameUniform,
  cloud: GaussianCloud,
  size: Size,
  deform?: DeformWeights,
): HeadPasses {
  const { count } = cloud;
  checkThreads("Gaussians", count);
  const tileCount = tiles.width * tiles.height;
  const tileDigitBits = Math.ceil(Math.log2(tileCount + 1) / TILE_DIGITS);

  const scan = createScanPass(device);
  const sortDepth = createSortPass(device, buffers, scan, DEPTH_DIGIT_BITS, DEPTH_DIGITS);
  const sortTile = createSortPass(device, buffers, scan, tileDigitBits, TILE_DIGITS);
  const emit = createEmitPass(device, tile);
  const tileRanges = createTileRangesPass(device);
  const blend = createBlendPass(device, tile);
  const plan = createPlanPass(device, buffers, tileDigitBits);

  const word = (label: string, value: number) => buffers.upload(label, new Uint32Array([value]));
  const project = createProjectPass(device, buffers, frame, cloud, tile, deform);
  const { splats, splatFromRank, depthKeys } = project;
  const pairFromRank = buffers.create("pair_from_rank", (count + 1) * 4);
  const rangeFromTile = buffers.create("range_from_tile", tileCount * 8);
  const picture = buffers.upload("picture", emptyPicture(size));

  const gaussianCount = word("count", count);
  const depthSize = sortSize(count, DEPTH_DIGIT_BITS);
  const rankDepth = sortDepth(
    buffers,
    {
      count: gaussianCount,
      tableLength: word("depth_table_length", depthSize.tableLength),
      keys: depthKeys,
      values: splatFromRank,
    },
    count,
    depthSize,
  );
  const countPairs = sequence(
    createRankCountsPass(device, { count: gaussianCount, splats, splatFromRank, pairFromRank }, count),
    scan(
      {
        length: word("rank_length", count + 1),
        values: pairFromRank,
        sums: buffers.create("rank_sums", divideUp(count + 1, SCAN_CHUNK) * 4),
      },
      scanSize(count + 1),
    ),
  );

  let pairBuffers = createBufferSet(device);
  let capacity = 0;
  let pairSteps: readonly (readonly [PassName, Recorder])[] = [];
  const grow = (pairs: number) => {
    if (pairs <= capacity) return;
    checkThreads("tile pairs", pairs);
    const room = Math.min(Math.ceil(pairs * 1.25), MOST_THREADS);
    const grown = createBufferSet(device);
    const tileFromPair = grown.create("tile_from_pair", room * 4);
    const splatFromPair = grown.create("splat_from_pair", room * 4);
    const { sizes, tableLength } = plan;
    pairSteps = [
      ["scan", sequence(countPairs, plan.bind({ frame, pairFromRank, tileFromPair }))],
      ["emit", emit({ frame, splats, splatFromRank, pairFromRank, tileFromPair, splatFromPair }, sizes.emit)],
      [
        "sort_tile",
        sortTile(
          grown,
          { count: plan.plan, tableLength, keys: tileFromPair, values: splatFromPair },
          room,
          sizes.sort,
        ),
      ],
      ["tile_ranges", tileRanges({ plan: plan.plan, tileFromPair, rangeFromTile }, sizes.tileRanges)],
      ["blend", blend({ frame, splats, splatFromPair, rangeFromTile, picture }, sizes.blend)],
    ];
    pairBuffers.destroy();
    pairBuffers = grown;
    capacity = room;
  };
  grow(Math.max(PAIRS_AT_LEAST, count * PAIRS_PER_GAUSSIAN));

  return {
    offsetBuffer: project.offsetBuffer,
    picture,
    plan: plan.plan,
    setOffsetBuffer: project.setOffsetBuffer,
    writeConditions: project.writeConditions,
    record(encoder, timer) {
      encoder.clearBuffer(rangeFromTile);
      const steps = [["project", project.record], ["sort_depth", rankDepth], ...pairSteps] as const;
      for (const [name, step] of steps) {
        const pass = encoder.beginComputePass({ label: `lipsplat.${name}`, ...timer.writes(name) });
        step(pass);
        pass.end();
      }
    },
    grow,
    destroy: () => pairBuffers.destroy(),
  };
}

function checkThreads(what: string, count: number): void {
  if (count > MOST_THREADS) {
    throw new RasterizerLimitError(
      `${count} ${what}; this rasterizer reaches ${MOST_THREADS}: use fewer or smaller Gaussians`,
    );
  }
}
