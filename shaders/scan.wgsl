// Exclusive prefix sum in place, in three entry points: sums of chunks, scan of the sums, scan within the chunks.
// It saturates: a total too large for 32 bits must not look small.
@group(0) @binding(0) var<storage, read_write> values: array<u32>;
@group(0) @binding(1) var<storage, read_write> sums: array<u32>; // one per chunk

override LENGTH: u32;
override CHUNK: u32;
const LANES = 64u;

fn chunks() -> u32 {
  return (LENGTH + CHUNK - 1u) / CHUNK;
}

fn plus(a: u32, b: u32) -> u32 {
  return a + min(b, ~a);
}

@compute @workgroup_size(LANES)
fn reduce(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= chunks()) {
    return;
  }
  let end = min(id.x * CHUNK + CHUNK, LENGTH);
  var sum = 0u;
  for (var i = id.x * CHUNK; i < end; i++) {
    sum += values[i];
  }
  sums[id.x] = sum;
}

var<workgroup> lane_sums: array<u32, LANES>;

@compute @workgroup_size(LANES)
fn scan_sums(@builtin(local_invocation_index) lane: u32) {
  let per_lane = (chunks() + LANES - 1u) / LANES;
  let first = lane * per_lane;
  let end = min(first + per_lane, chunks());
  var sum = 0u;
  for (var i = first; i < end; i++) {
    sum = plus(sum, sums[i]);
  }
  lane_sums[lane] = sum;
  workgroupBarrier();
  var before = 0u;
  for (var other = 0u; other < lane; other++) {
    before = plus(before, lane_sums[other]);
  }
  for (var i = first; i < end; i++) {
    let here = sums[i];
    sums[i] = before;
    before = plus(before, here);
  }
}

@compute @workgroup_size(LANES)
fn downsweep(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= chunks()) {
    return;
  }
  let end = min(id.x * CHUNK + CHUNK, LENGTH);
  var before = sums[id.x];
  for (var i = id.x * CHUNK; i < end; i++) {
    let here = values[i];
    values[i] = before;
    before = plus(before, here);
  }
}
