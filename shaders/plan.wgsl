// One thread: do the tile pairs fit? Writes the later passes' dispatch sizes, zero where they do not.
#import shared/frame
#import shared/plan

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<storage, read> pair_from_cell: array<u32>; // scanned; the last is the total
@group(0) @binding(2) var<storage, read_write> plan: Plan;
@group(0) @binding(3) var<storage, read_write> dispatches: Dispatches;
@group(0) @binding(4) var<storage, read> capacity: u32; // pairs

override CELLS: u32;
override PLACERS: u32; // workgroups of the second walk

@compute @workgroup_size(1)
fn make_plan() {
  let needed = pair_from_cell[CELLS];
  let fits = needed <= capacity;
  plan = Plan(needed, u32(!fits));
  dispatches.place = select(vec3u(0u), vec3u(PLACERS, 1u, 1u), fits);
  dispatches.blend = select(vec3u(0u), vec3u(frame.tiles, 1u), fits);
}
