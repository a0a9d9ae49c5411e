import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BufferSet, createBufferSet } from "../../src/render/passes/buffers";
import { createFrameUniform, pinhole } from "../../src/render/passes/frame";
import { divideUp, type Recorder } from "../../src/render/passes/kernel";
import { createProjectPass } from "../../src/render/passes/project";
import { createScanPass, SCAN_CHUNK, scanSize } from "../../src/render/passes/scan";
import { createSortPass, sortSize } from "../../src/render/passes/sort";
import { createTileRangesPass } from "../../src/render/passes/tile-ranges";
import { createSplats, project } from "../../src/render/twin/project";
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

async function run(step: Recorder, result: GPUBuffer, length: number): Promise<number[]> {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  step(pass);
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
    const sums = buffers.create("sums", divideUp(length, SCAN_CHUNK) * 4);
    const step = createScanPass(device)(
      { length: words("length", [length]), values, sums },
      scanSize(length),
    );
    let before = 0;
    const expected = input.map((value) => {
      before += value;
      return before - value;
    });
    expect(await run(step, values, length)).toEqual(expected);
  });
});

describe("sort", () => {
  const sort = async (input: readonly number[], digitBits: number, digits: number) => {
    const count = input.length;
    const keys = words("keys", input);
    const values = words("values", [...input.keys()]);
    const size = sortSize(count, digitBits);
    const pass = createSortPass(device, buffers, createScanPass(device), digitBits, digits);
    const bound = {
      count: words("count", [count]),
      tableLength: words("cells", [size.tableLength]),
      keys,
      values,
    };
    return run(pass(buffers, bound, count, size), values, count);
  };
  const stable = (input: readonly number[]) =>
    [...input.keys()].sort((i, j) => (input[i] ?? 0) - (input[j] ?? 0) || i - j);

  test.each([1, 127, 128, 129, 8192, 50_000])("%i keys of 32 bits", async (count) => {
    const input = integers(count, 2 ** 32, count);
    expect(await sort(input, 8, 4)).toEqual(stable(input));
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

test("tile ranges, with empty tiles before, between and after", async () => {
  const tiles = 300;
  const tileFromPair = integers(5000, tiles, 9)
    .filter((tile) => tile > 3 && tile < 290 && tile % 7 !== 0)
    .sort((a, b) => a - b);
  const pairs = tileFromPair.length;
  const rangeFromTile = buffers.create("ranges", tiles * 8);
  const step = createTileRangesPass(device)(
    { plan: words("plan", [pairs, pairs, 0]), tileFromPair: words("tiles", tileFromPair), rangeFromTile },
    divideUp(pairs, 64),
  );
  const expected = Array.from({ length: tiles }, (_, tile) => {
    const first = tileFromPair.indexOf(tile);
    return first < 0 ? [0, 0] : [first, tileFromPair.lastIndexOf(tile) + 1];
  });
  expect(await run(step, rangeFromTile, tiles * 2)).toEqual(expected.flat());
});

describe.each([0, 1, 2, 3])("project with spherical harmonics of degree %i", (degree) => {
  test("agrees with float64", async () => {
    const cloud = faceCloud(500, degree, 4 + degree);
    const offset = randomOffset(500, 5);
    const size = { width: 300, height: 200 };
    const frame = createFrameUniform(device, buffers, CAMERA, size, cloud.count, 16);
    frame.writePose(POSE);
    const pass = createProjectPass(device, buffers, frame.buffer, cloud, 16);
    device.queue.writeBuffer(pass.offsetBuffer, 0, offset);
    const bits = await run(pass.record, pass.splats, cloud.count * 12);
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
