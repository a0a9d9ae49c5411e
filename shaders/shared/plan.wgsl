// What the GPU found out about the frame's tile pairs.
struct Plan {
  pair_count: u32, // 0 on overflow
  needed: u32,
  overflow: u32, // 1: the pair buffers are too small, the frame keeps the previous picture
}

// Indirect dispatch sizes; offsets in src/render/passes/plan.ts.
struct Dispatches {
  emit: vec3u,
  sort: vec3u,
  scan: vec3u,
  scan_sums: vec3u,
  tile_ranges: vec3u,
  blend: vec3u,
}
