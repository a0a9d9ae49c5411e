import { scene } from "./scene";
import { madd } from "./simd";

// The Torso Restorer's U-Net on a box of the composited picture; see trainer/lipsplat/restore/network.py. Layers are
// [y, x, channel] floats with a border of one zero pixel; 3×3 weights are [output / 8, ky, kx, input, 8].

/** What the host fills in; addresses of f32. At address 1536. */
class Restorer {
  /** On the canvas, pixels: width a multiple of 32, height of 8. */
  x: i32;
  y: i32;
  width: i32;
  height: i32;
  /** Channels at 1/2, 1/4 and 1/8 of the size, multiples of 8. */
  wide: i32;
  middle: i32;
  deep: i32;
  /** [height / 2, width / 2, wide] added to the first layer. */
  place: usize;
  /** [wide] added to the first layer, by the frame. */
  moved: usize;
  /** Each with its bias behind it, but the first. */
  enter: usize;
  down: usize;
  deepen: usize;
  deepest: usize;
  level: usize;
  top: usize;
  leave: usize;
  /** [input, output] */
  rise: usize;
  riseAgain: usize;
  /** [height], [width] share of the change. */
  rows: usize;
  columns: usize;
  /** Layers: 16 channels, of which 12 are used; then wide, wide, middle, middle, deep, deep. */
  folded: usize;
  first: usize;
  last: usize;
  second: usize;
  secondAgain: usize;
  third: usize;
  thirdAgain: usize;
}

export const restorer = changetype<Restorer>(1536);

/** Of one of the arrays, in the order of the class. */
export function restorerAddress(index: i32): usize {
  return load<usize>(changetype<usize>(restorer) + offsetof<Restorer>("place") + <usize>index * 4);
}

/** Channels of the folded picture: four pixels of three, and four that are zero. */
export const FOLDED: i32 = 16;
const REACH: f32 = 0.6;
const SLOPE: f32 = 0.125;
export const RESTORE_STEPS: i32 = 10;

/** Parts of a step, which do not touch each other. */
export function restoreParts(step: i32): i32 {
  const half = restorer.height >> 1;
  if (step === 2 || step === 6 || step === 7) return half >> 1;
  return step === 3 || step === 4 || step === 5 ? half >> 2 : half;
}

export function restorePart(step: i32, part: i32): void {
  const r = restorer;
  const width = r.width >> 1;
  if (step === 0) fold(part);
  else if (step === 1) convolve(part, r.folded, FOLDED, width, 1, r.enter, r.place, r.moved, r.first, r.wide);
  else if (step === 2) convolve(part, r.first, r.wide, width >> 1, 2, r.down, 0, 0, r.second, r.middle);
  else if (step === 3) convolve(part, r.second, r.middle, width >> 2, 2, r.deepen, 0, 0, r.third, r.deep);
  else if (step === 4) convolve(part, r.third, r.deep, width >> 2, 1, r.deepest, 0, 0, r.thirdAgain, r.deep);
  else if (step === 5) rise(part, r.thirdAgain, r.deep, width >> 2, r.rise, r.second, r.middle);
  else if (step === 6)
    convolve(part, r.second, r.middle, width >> 1, 1, r.level, 0, 0, r.secondAgain, r.middle);
  else if (step === 7) rise(part, r.secondAgain, r.middle, width >> 1, r.riseAgain, r.first, r.wide);
  else if (step === 8) convolve(part, r.first, r.wide, width, 1, r.top, 0, 0, r.last, r.wide);
  else leave(part);
}

/** Two rows of pixels less a half, over mid grey where they shine through → a row of `folded`. */
function fold(row: i32): void {
  const width = restorer.width >> 1;
  let out = restorer.folded + <usize>(((row + 1) * (width + 2) + 1) * FOLDED * 4);
  let pixel = scene.pixels + <usize>(((restorer.y + 2 * row) * scene.width + restorer.x) * 4);
  const below = <usize>(scene.width * 4);
  for (let x = 0; x < width; x++) {
    foldPixel(pixel, out);
    foldPixel(pixel + 4, out + 12);
    foldPixel(pixel + below, out + 24);
    foldPixel(pixel + below + 4, out + 36);
    pixel += 8;
    out += FOLDED * 4;
  }
}

function foldPixel(pixel: usize, out: usize): void {
  const share = <f32>load<u8>(pixel, 3) * <f32>(1 / 255.0 / 255.0);
  store<f32>(out, (<f32>load<u8>(pixel) - 127.5) * share);
  store<f32>(out, (<f32>load<u8>(pixel, 1) - 127.5) * share, 4);
  store<f32>(out, (<f32>load<u8>(pixel, 2) - 127.5) * share, 8);
}

/** A row of leaky relu(3×3 convolution + bias); `map` and `moved` in place of the bias behind the weights, where there are. */
function convolve(
  row: i32,
  from: usize,
  inputs: i32,
  width: i32,
  stride: i32,
  weights: usize,
  map: usize,
  moved: usize,
  to: usize,
  outputs: i32,
  slope: f32 = SLOPE,
): void {
  const sourceRow = <usize>((width * stride + 2) * inputs * 4);
  const source = from + <usize>(row * stride) * sourceRow;
  const blockBytes = <usize>(inputs * 9 * 32);
  const bias = map !== 0 ? moved : weights + <usize>(outputs / 8) * blockBytes;
  const step = <usize>(inputs * stride * 4);
  const target = to + <usize>(((row + 1) * (width + 2) + 1) * outputs * 4);
  const pixelBytes = <usize>(outputs * 4);
  for (let block = 0; block < outputs / 8; block++) {
    const kernel = weights + <usize>block * blockBytes;
    const low = v128.load(bias + <usize>block * 32);
    const high = v128.load(bias + <usize>block * 32, 16);
    let out = target + <usize>block * 32;
    let placed = map + <usize>row * <usize>width * pixelBytes + <usize>block * 32;
    let at = source;
    for (let x = 0; x < width; x += 4) {
      let a0 = low;
      let a1 = high;
      let b0 = low;
      let b1 = high;
      let c0 = low;
      let c1 = high;
      let d0 = low;
      let d1 = high;
      if (map !== 0) {
        a0 = f32x4.add(a0, v128.load(placed));
        a1 = f32x4.add(a1, v128.load(placed, 16));
        placed += pixelBytes;
        b0 = f32x4.add(b0, v128.load(placed));
        b1 = f32x4.add(b1, v128.load(placed, 16));
        placed += pixelBytes;
        c0 = f32x4.add(c0, v128.load(placed));
        c1 = f32x4.add(c1, v128.load(placed, 16));
        placed += pixelBytes;
        d0 = f32x4.add(d0, v128.load(placed));
        d1 = f32x4.add(d1, v128.load(placed, 16));
        placed += pixelBytes;
      }
      let w = kernel;
      for (let ky = 0; ky < 3; ky++) {
        let a = at + <usize>ky * sourceRow;
        let b = a + step;
        let c = b + step;
        let d = c + step;
        const end = a + <usize>(inputs * 12);
        while (a < end) {
          const w0 = v128.load(w);
          const w1 = v128.load(w, 16);
          const va = v128.load32_splat(a);
          a0 = madd(va, w0, a0);
          a1 = madd(va, w1, a1);
          const vb = v128.load32_splat(b);
          b0 = madd(vb, w0, b0);
          b1 = madd(vb, w1, b1);
          const vc = v128.load32_splat(c);
          c0 = madd(vc, w0, c0);
          c1 = madd(vc, w1, c1);
          const vd = v128.load32_splat(d);
          d0 = madd(vd, w0, d0);
          d1 = madd(vd, w1, d1);
          w += 32;
          a += 4;
          b += 4;
          c += 4;
          d += 4;
        }
      }
      storeActive(out, a0, a1, slope);
      storeActive(out + pixelBytes, b0, b1, slope);
      storeActive(out + 2 * pixelBytes, c0, c1, slope);
      storeActive(out + 3 * pixelBytes, d0, d1, slope);
      out += 4 * pixelBytes;
      at += 4 * step;
    }
  }
}

/** slope: of what is below 0. */
function storeActive(address: usize, low: v128, high: v128, slope: f32): void {
  const share = f32x4.splat(slope);
  v128.store(address, f32x4.max(low, f32x4.mul(low, share)));
  v128.store(address, f32x4.max(high, f32x4.mul(high, share)), 16);
}

/** Adds a row of a 1×1 convolution to the four pixels of `to` over each of its own. */
function rise(row: i32, from: usize, inputs: i32, width: i32, weights: usize, to: usize, outputs: i32): void {
  const pixelBytes = <usize>(outputs * 4);
  const below = <usize>(2 * width + 2) * pixelBytes;
  let at = from + <usize>(((row + 1) * (width + 2) + 1) * inputs * 4);
  let out = to + <usize>((2 * row + 1) * (2 * width + 2) + 1) * pixelBytes;
  for (let x = 0; x < width; x++) {
    for (let block: usize = 0; block < pixelBytes; block += 32) {
      let low = f32x4.splat(0);
      let high = f32x4.splat(0);
      let w = weights + block;
      for (let i = 0; i < inputs; i++) {
        const value = v128.load32_splat(at + <usize>(i * 4));
        low = madd(value, v128.load(w), low);
        high = madd(value, v128.load(w, 16), high);
        w += pixelBytes;
      }
      const pixel = out + block;
      addTo(pixel, low, high);
      addTo(pixel + pixelBytes, low, high);
      addTo(pixel + below, low, high);
      addTo(pixel + below + pixelBytes, low, high);
    }
    at += <usize>(inputs * 4);
    out += 2 * pixelBytes;
  }
}

function addTo(address: usize, low: v128, high: v128): void {
  v128.store(address, f32x4.add(v128.load(address), low));
  v128.store(address, f32x4.add(v128.load(address, 16), high), 16);
}

/** The last layer of a row, and its change of two rows of pixels; alpha stays. */
function leave(row: i32): void {
  const r = restorer;
  const width = r.width >> 1;
  const to = r.folded;
  // `folded` has been read: its rows are free.
  convolve(row, r.last, r.wide, width, 1, r.leave, 0, 0, to, FOLDED, 1);
  let change = to + <usize>(((row + 1) * (width + 2) + 1) * FOLDED * 4);
  let pixel = scene.pixels + <usize>(((r.y + 2 * row) * scene.width + r.x) * 4);
  const below = <usize>(scene.width * 4);
  const above = <f32>255 * load<f32>(r.rows + <usize>(8 * row));
  const under = <f32>255 * load<f32>(r.rows + <usize>(8 * row), 4);
  for (let x = 0; x < width; x++) {
    const left = load<f32>(r.columns + <usize>(8 * x));
    const right = load<f32>(r.columns + <usize>(8 * x), 4);
    changePixel(pixel, change, above * left);
    changePixel(pixel + 4, change + 12, above * right);
    changePixel(pixel + below, change + 24, under * left);
    changePixel(pixel + below + 4, change + 36, under * right);
    pixel += 8;
    change += FOLDED * 4;
  }
}

function changePixel(pixel: usize, change: usize, share: f32): void {
  if (load<u8>(pixel, 3) === 0) return;
  changeByte(pixel, limited(change) * share);
  changeByte(pixel + 1, limited(change + 4) * share);
  changeByte(pixel + 2, limited(change + 8) * share);
}

function limited(address: usize): f32 {
  return min(max(load<f32>(address), -REACH), REACH);
}

function changeByte(address: usize, change: f32): void {
  const value = nearest<f32>(<f32>load<u8>(address) + change);
  store<u8>(address, <u8>(<i32>min<f32>(max<f32>(value, 0), 255)));
}
