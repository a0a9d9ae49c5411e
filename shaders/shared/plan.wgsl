// What the GPU found out about the frame's tile pairs.
struct Plan {
  needed: u32,
  overflow: u32, // 1: the pair buffer is too small, the frame keeps the previous picture
}

// Indirect dispatch sizes; offsets in src/render/passes/plan.ts.
struct Dispatches {
  place: vec3u,
  blend: vec3u,
}
