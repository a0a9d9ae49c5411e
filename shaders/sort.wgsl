// One digit of a stable radix sort. Each thread owns a run of CHUNK pairs and, in the table, one cell per digit value,
// so neither atomics nor workgroup memory are needed; the table is scanned between the two entry points.
@group(0) @binding(0) var<uniform> shift: u32;
@group(0) @binding(1) var<storage, read> count: u32;
@group(0) @binding(2) var<storage, read> keys_in: array<u32>;
@group(0) @binding(3) var<storage, read> values_in: array<u32>;
@group(0) @binding(4) var<storage, read_write> keys_out: array<u32>;
@group(0) @binding(5) var<storage, read_write> values_out: array<u32>;
@group(0) @binding(6) var<storage, read_write> table: array<u32>; // [2^DIGIT_BITS, runs]

override DIGIT_BITS: u32;
override CHUNK: u32;

fn digit(key: u32) -> u32 {
  return (key >> shift) & ((1u << DIGIT_BITS) - 1u);
}

@compute @workgroup_size(64)
fn histogram(@builtin(global_invocation_id) id: vec3u) {
  let runs = (count + CHUNK - 1u) / CHUNK;
  let run = id.x;
  if (run >= runs) {
    return;
  }
  for (var value = 0u; value < (1u << DIGIT_BITS); value++) {
    table[value * runs + run] = 0u;
  }
  let end = min(run * CHUNK + CHUNK, count);
  for (var i = run * CHUNK; i < end; i++) {
    table[digit(keys_in[i]) * runs + run]++;
  }
}

@compute @workgroup_size(64)
fn scatter(@builtin(global_invocation_id) id: vec3u) {
  let runs = (count + CHUNK - 1u) / CHUNK;
  let run = id.x;
  if (run >= runs) {
    return;
  }
  let end = min(run * CHUNK + CHUNK, count);
  for (var i = run * CHUNK; i < end; i++) {
    let key = keys_in[i];
    let cell = digit(key) * runs + run;
    let to = table[cell];
    table[cell] = to + 1u;
    keys_out[to] = key;
    values_out[to] = values_in[i];
  }
}
