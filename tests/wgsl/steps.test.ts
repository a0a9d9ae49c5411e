import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createBinPass } from "../../src/render/passes/bin";
import { type BufferSet, createBufferSet } from "../../src/render/passes/buffers";
import { createFrameUniform, pinhole } from "../../src/render/passes/frame";
import type { Recorder } from "../../src/render/passes/kernel";
import { createProjectPass } from "../../src/render/passes/project";
import { createScanPass } from "../../src/render/passes/scan";
import { createSortPass } from "../../src/render/passes/sort";
import { REST } from "../../src/render/scene";
import { createSplats, project, type Splats } from "../twin/project";
import { sortByDepth } from "../twin/sort";
import { readBuffer, requestDevice } from "./gpu";
import { CAMERA, faceCloud, POSE, random, randomOffset } from "./scenes";

let device: GPUDevice;
let buffers: BufferSet;

beforeAll(async () => {
  device = await requestDevice();
  buffers = createBufferSet(device);
});
afterAll(() => {
  buffers.destroy();
  device.destroy();
});

async function run(steps: readonly Recorder[], result: GPUBuffer, length: number): Promise<number[]> {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  for (const step of steps) step(pass);
  pass.end();
  device.queue.submit([encoder.finish()]);
  return [...new Uint32Array(await readBuffer(device, result)).subarray(0, length)];
}

const words = (label: string, values: readonly number[]) => buffers.upload(label, new Uint32Array(values));

function integers(count: number, below: number, seed: number): number[] {
  const next = random(seed);
  return Array.from({ length: count }, () => Math.floor(next() * below));
}

describe("scan", () => {
  // Around the edges of a thread's chunk, of a workgroup, and of the one workgroup that scans the sums.
  test.each([1, 2, 63, 64, 65, 4095, 4096, 4097, 262_143, 300_001])("%i values", async (length) => {
    const input = integers(length, 1000, length);
    const values = words("values", input);
    const step = await createScanPass(device, buffers, values, length);
    let before = 0;
    const expected = input.map((value) => {
      before += value;
      return before - value;
    });
    expect(await run([step], values, length)).toEqual(expected);
  });
});

test("a scan whose total passes 32 bits ends at the largest number", async () => {
  // Across chunks of a thread, and within the last one.
  const values = words(
    "values",
    Array.from({ length: 300 }, () => 2 ** 25),
  );
  const step = await createScanPass(device, buffers, values, 300);
  const scanned = await run([step], values, 300);
  expect(scanned).toEqual(Array.from({ length: 300 }, (_, i) => Math.min(i * 2 ** 25, 2 ** 32 - 1)));
});

describe("sort", () => {
  const sort = async (input: readonly number[], digitBits: number, digits: number, runs = 37) => {
    const count = input.length;
    const keys = words("keys", input);
    const values = words("values", [...input.keys()]);
    const size = { count, digitBits, digits, runs, walkers: 4 };
    return run([await createSortPass(device, buffers, keys, values, size)], values, count);
  };
  const stable = (input: readonly number[]) =>
    [...input.keys()].sort((i, j) => (input[i] ?? 0) - (input[j] ?? 0) || i - j);

  test.each([1, 127, 128, 129, 8192, 50_000])("%i keys of 32 bits", async (count) => {
    const input = integers(count, 2 ** 32, count);
    expect(await sort(input, 8, 4)).toEqual(stable(input));
  });

  test("more threads than keys", async () => {
    const input = integers(100, 2 ** 32, 6);
    expect(await sort(input, 8, 4, 1024)).toEqual(stable(input));
  });

  test("ties keep their order", async () => {
    const input = integers(20_000, 7, 3);
    expect(await sort(input, 6, 2)).toEqual(stable(input));
  });

  test("all equal, and in reverse", async () => {
    const equal = Array.from({ length: 3000 }, () => 0xffffffff);
    expect(await sort(equal, 8, 4)).toEqual(stable(equal));
    const reverse = Array.from({ length: 3000 }, (_, i) => 3000 - i);
    expect(await sort(reverse, 6, 2)).toEqual(stable(reverse));
  });

  test("float32 depths sort as their bits", async () => {
    const next = random(5);
    const depths = Float32Array.from({ length: 5000 }, () => 0.2 + 20 * next() ** 3);
    const ranks = await sort([...new Uint32Array(depths.buffer)], 8, 4);
    expect(ranks).toEqual(stable([...depths]));
  });
});

describe.each([8, 16] as const)("bin into tiles of %i", (tile) => {
  test("each tile has every splat that one of its pixels sees, nearest first", async () => {
    const cloud = faceCloud(700, 1, 12);
    const size = { width: 200, height: 133 };
    const frame = createFrameUniform(device, buffers, CAMERA, size, cloud.count, tile);
    const splats = createSplats(cloud.count);
    project(
      cloud,
      new Float32Array(cloud.count * 14),
      REST,
      { ...pinhole(CAMERA, size), position: CAMERA.position },
      splats,
    );
    const order = sortByDepth(splats);
    const drawn = await createProjectPass(device, buffers, frame.buffer, cloud);
    // Dropped splats come last.
    const dropped = [...splats.reach.keys()].filter((i) => splats.reach[i] === 0);
    const splatFromRank = words("ranks", [...order, ...dropped]);
    const runs = 5;
    const cells = frame.tiles.width * frame.tiles.height * runs;
    const capacity = 1 << 16;
    const pairFromCell = buffers.create("cells", (cells + 1) * 4);
    const splatFromPair = buffers.create("pairs", capacity * 4);
    const bin = await createBinPass(
      device,
      buffers,
      { frame, splats: drawn.splats, splatFromRank, pairFromCell, splatFromPair, capacity },
      { count: cloud.count, cells, runs, walkers: 4 },
      2,
    );
    const scan = await createScanPass(device, buffers, pairFromCell, cells + 1);
    const pairs = await run([drawn.record, bin.count, scan, bin.place], splatFromPair, capacity);
    const ends = [...new Uint32Array(await readBuffer(device, pairFromCell))];
    const rankOf = new Map([...order].map((splat, rank) => [splat, rank]));

    let seen = 0;
    for (let place = 0; place < frame.tiles.width * frame.tiles.height; place++) {
      const binned = pairs.slice(place === 0 ? 0 : ends[place * runs - 1], ends[place * runs + runs - 1]);
      const ranks = binned.map((splat) => rankOf.get(splat) ?? Number.NaN);
      expect(ranks).toEqual([...new Set(ranks)].sort((a, b) => a - b));
      const needed = [...order].filter((splat) =>
        sees(splats, splat, place % frame.tiles.width, Math.floor(place / frame.tiles.width)),
      );
      expect(binned).toEqual(expect.arrayContaining(needed));
      seen += needed.length;
    }
    const placed = ends[cells] ?? Number.NaN;
    // Tight: few pairs that no pixel sees (ellipses between pixel centres, and a hair of slack).
    expect(seen / placed).toBeGreaterThan(0.97);
  });

  /** Whether the ellipse holds a pixel centre of the tile. */
  function sees({ mean, conic, reach }: Splats, i: number, column: number, row: number): boolean {
    const [meanX = 0, meanY = 0] = mean.subarray(i * 2, i * 2 + 2);
    const [a = 0, b = 0, c = 0] = conic.subarray(i * 3, i * 3 + 3);
    return Array.from({ length: tile * tile }).some((_, pixel) => {
      const dx = column * tile + (pixel % tile) + 0.5 - meanX;
      const dy = row * tile + Math.floor(pixel / tile) + 0.5 - meanY;
      // Float32 may decide the very edge otherwise.
      return a * dx * dx + 2 * b * dx * dy + c * dy * dy <= (reach[i] ?? 0) - 1e-3;
    });
  }
});

describe.each([0, 1, 2, 3])("project with spherical harmonics of degree %i", (degree) => {
  test("agrees with float64", async () => {
    const cloud = faceCloud(500, degree, 4 + degree);
    const offset = randomOffset(500, 5);
    const size = { width: 300, height: 200 };
    const frame = createFrameUniform(device, buffers, CAMERA, size, cloud.count, 16);
    frame.writePose(POSE);
    const pass = await createProjectPass(device, buffers, frame.buffer, cloud);
    pass.writeOffset(offset);
    const bits = await run([pass.record], pass.splats, cloud.count * 12);
    const gpu = new Float32Array(new Uint32Array(bits).buffer);
    const splats = createSplats(cloud.count);
    project(cloud, offset, POSE, { ...pinhole(CAMERA, size), position: CAMERA.position }, splats);
    for (let i = 0; i < cloud.count; i++) {
      const [x, y, l11, l21, l22, , reach, depth, ...color] = gpu.subarray(
        i * 12,
        i * 12 + 11,
      ) as never as number[];
      if (x === undefined || y === undefined || l11 === undefined || l21 === undefined || l22 === undefined) {
        throw new RangeError("splat cut short");
      }
      // alpha = opacity·exp2(−u² − v²) and u² + v² = q / (2 ln 2).
      const conic = [l11 * l11, l11 * l21, l21 * l21 + l22 * l22].map((value) => value * 2 * Math.LN2);
      // A float32 has 24 bits; some ten operations, whose operands are up to 100 px or of order 1.
      expect(x).toBeCloseTo(splats.mean[i * 2] ?? Number.NaN, 3);
      expect(y).toBeCloseTo(splats.mean[i * 2 + 1] ?? Number.NaN, 3);
      conic.forEach((value, k) => {
        expect(value).toBeCloseTo(splats.conic[i * 3 + k] ?? Number.NaN, 5);
      });
      expect((reach ?? 0) * 2 * Math.LN2).toBeCloseTo(splats.reach[i] ?? Number.NaN, 4);
      expect(depth).toBeCloseTo(splats.depth[i] ?? Number.NaN, 5);
      color.forEach((value, k) => {
        expect(value).toBeCloseTo(splats.color[i * 3 + k] ?? Number.NaN, 5);
      });
    }
  });
});
