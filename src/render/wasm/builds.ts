const PAGE = 65_536;
const MOST_PAGES = 65_536;

/** f32x4.relaxed_madd of three locals: valid where the engine has relaxed SIMD. */
const RELAXED_PROBE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0], // magic, version
  ...[1, 8, 1, 96, 3, 123, 123, 123, 1, 123], // type: (v128, v128, v128) → v128
  ...[3, 2, 1, 0], // one function of it
  ...[10, 13, 1, 11, 0, 32, 0, 32, 1, 32, 2, 0xfd, 0x85, 0x02, 11], // code
);

// Bundlers find files by this very form; only the one that the browser can run is fetched.
const builds = {
  simd: () => new URL("./build/simd.wasm", import.meta.url),
  relaxed: () => new URL("./build/relaxed.wasm", import.meta.url),
  "shared-simd": () => new URL("./build/shared-simd.wasm", import.meta.url),
  "shared-relaxed": () => new URL("./build/shared-relaxed.wasm", import.meta.url),
};

/** The fastest build that this browser runs. */
export async function compileKernel(shared: boolean): Promise<WebAssembly.Module> {
  const simd = WebAssembly.validate(RELAXED_PROBE) ? "relaxed" : "simd";
  const url = builds[shared ? (`shared-${simd}` as const) : simd]();
  return WebAssembly.compile(await (await fetch(url)).arrayBuffer());
}

/** @param bytes about as much as it will need; more is only kept free where it is shared. */
export function createMemory(shared: boolean, bytes: number): WebAssembly.Memory {
  if (!shared) return new WebAssembly.Memory({ initial: 1 });
  const maximum = Math.min(MOST_PAGES, Math.ceil(bytes / PAGE));
  return new WebAssembly.Memory({ initial: 1, maximum, shared });
}
