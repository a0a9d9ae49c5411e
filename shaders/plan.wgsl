// One thread: does the frame fit the pair buffers? Writes the later passes' dispatch sizes, all zero where it does not.
#import shared/frame
#import shared/plan

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<storage, read> pair_from_rank: array<u32>;
@group(0) @binding(2) var<storage, read> tile_from_pair: array<u32>; // for its length
@group(0) @binding(3) var<storage, read_write> plan: Plan;
@group(0) @binding(4) var<storage, read_write> table_length: u32;
@group(0) @binding(5) var<storage, read_write> dispatches: Dispatches;

override SORT_CHUNK: u32;
override SORT_DIGIT_BITS: u32;
override SCAN_CHUNK: u32;

@compute @workgroup_size(1)
fn make_plan() {
  let needed = pair_from_rank[frame.count];
  let fits = needed <= arrayLength(&tile_from_pair);
  let pairs = select(0u, needed, fits);
  let runs = divide_up(pairs, SORT_CHUNK);
  plan = Plan(pairs, needed, u32(!fits));
  table_length = runs << SORT_DIGIT_BITS;
  dispatches.emit = threads(select(0u, frame.count, pairs > 0u));
  dispatches.sort = threads(runs);
  dispatches.scan = threads(divide_up(table_length, SCAN_CHUNK));
  dispatches.scan_sums = vec3u(u32(pairs > 0u), 1u, 1u);
  dispatches.tile_ranges = threads(pairs);
  dispatches.blend = select(vec3u(0u), vec3u(frame.tiles, 1u), fits);
}

fn threads(count: u32) -> vec3u {
  return vec3u(divide_up(count, 64u), 1u, 1u);
}

fn divide_up(a: u32, b: u32) -> u32 {
  return (a + b - 1u) / b;
}
