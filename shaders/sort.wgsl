// One digit of a stable radix sort. Each thread owns a run of the pairs and, in the table, one cell per digit value,
// so neither atomics nor workgroup memory are needed; the table is scanned between the two entry points.
@group(0) @binding(0) var<uniform> shift: u32;
@group(0) @binding(1) var<storage, read> keys_in: array<u32>;
@group(0) @binding(2) var<storage, read> values_in: array<u32>;
@group(0) @binding(3) var<storage, read_write> keys_out: array<u32>;
@group(0) @binding(4) var<storage, read_write> values_out: array<u32>;
@group(0) @binding(5) var<storage, read_write> table: array<u32>; // [2^DIGIT_BITS, RUNS]

override COUNT: u32;
override DIGIT_BITS: u32;
override RUNS: u32;
override WALKERS: u32;

fn digit(key: u32) -> u32 {
  return (key >> shift) & ((1u << DIGIT_BITS) - 1u);
}

@compute @workgroup_size(WALKERS)
fn histogram(@builtin(global_invocation_id) id: vec3u) {
  let run = id.x;
  if (run >= RUNS) {
    return;
  }
  for (var value = 0u; value < (1u << DIGIT_BITS); value++) {
    table[value * RUNS + run] = 0u;
  }
  let length = (COUNT + RUNS - 1u) / RUNS;
  let end = min(run * length + length, COUNT);
  for (var i = run * length; i < end; i++) {
    table[digit(keys_in[i]) * RUNS + run]++;
  }
}

@compute @workgroup_size(WALKERS)
fn scatter(@builtin(global_invocation_id) id: vec3u) {
  let run = id.x;
  if (run >= RUNS) {
    return;
  }
  let length = (COUNT + RUNS - 1u) / RUNS;
  let end = min(run * length + length, COUNT);
  for (var i = run * length; i < end; i++) {
    let key = keys_in[i];
    let cell = digit(key) * RUNS + run;
    let to = table[cell];
    table[cell] = to + 1u;
    keys_out[to] = key;
    values_out[to] = values_in[i];
  }
}
