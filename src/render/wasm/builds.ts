const PAGE = 65_536;
const MOST_PAGES = 65_536;

/** f32x4.relaxed_madd of three locals: valid where the engine has relaxed SIMD. */
const RELAXED_PROBE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0], // magic, version
  ...[1, 8, 1, 96, 3, 123, 123, 123, 1, 123], // type: (v128, v128, v128) → v128
  ...[3, 2, 1, 0], // one function of it
  ...[10, 13, 1, 11, 0, 32, 0, 32, 1, 32, 2, 0xfd, 0x85, 0x02, 11], // code
);

// Each in a chunk of its own: only the one that the browser can run is fetched.
const sources = {
  simd: () => import("./build/simd.wasm?url&inline"),
  relaxed: () => import("./build/relaxed.wasm?url&inline"),
  "shared-simd": () => import("./build/shared-simd.wasm?url&inline"),
  "shared-relaxed": () => import("./build/shared-relaxed.wasm?url&inline"),
};

/** The fastest build that this browser runs. */
export async function compileKernel(shared: boolean): Promise<WebAssembly.Module> {
  const simd = WebAssembly.validate(RELAXED_PROBE) ? "relaxed" : "simd";
  const { default: url } = await sources[shared ? (`shared-${simd}` as const) : simd]();
  return WebAssembly.compile(await (await fetch(url)).arrayBuffer());
}

/** @param bytes about as much as it will need; more is only kept free where it is shared. */
export function createMemory(shared: boolean, bytes: number): WebAssembly.Memory {
  if (!shared) return new WebAssembly.Memory({ initial: 1 });
  const maximum = Math.min(MOST_PAGES, Math.ceil(bytes / PAGE));
  return new WebAssembly.Memory({ initial: 1, maximum, shared });
}
