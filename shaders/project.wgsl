// One Gaussian a thread: its offset from a buffer → splat.
#import shared/frame
#import shared/splat
#import shared/project_gaussian

@group(0) @binding(6) var<storage, read> offsets: array<f32>; // [N,14]

@compute @workgroup_size(64)
fn project(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x;
  if (index < frame.count) {
    put_splat(index, project_gaussian(index, offset_of(index)));
  }
}

fn offset_of(index: u32) -> Offset {
  let o = index * 14u;
  return Offset(
    vec3f(offsets[o], offsets[o + 1u], offsets[o + 2u]),
    vec4f(offsets[o + 3u], offsets[o + 4u], offsets[o + 5u], offsets[o + 6u]),
    vec3f(offsets[o + 7u], offsets[o + 8u], offsets[o + 9u]),
    offsets[o + 10u],
    vec3f(offsets[o + 11u], offsets[o + 12u], offsets[o + 13u]),
  );
}
