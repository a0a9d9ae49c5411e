/** What assembly/index.ts exports; addresses are bytes into the memory. */
export interface Kernel {
  reserve(
    count: number,
    coefficients: number,
    width: number,
    height: number,
    threads: number,
    fused: boolean,
  ): boolean;
  /** 0: no memory left. */
  reservePicture(): number;
  /** Once. False: no memory left. */
  reserveRestorer(
    x: number,
    y: number,
    width: number,
    height: number,
    wide: number,
    middle: number,
    deep: number,
  ): boolean;
  /** Of one of the restorer's arrays. */
  restorerAddress(index: number): number;
  setFrame(fused: boolean, headOnly: boolean, hasTorso: boolean, hasMask: boolean, restoring: boolean): void;
  /** After `mask` was written. */
  markDeadTiles(): void;
  /** False: no memory left. */
  draw(threads: number, mayWait: boolean): boolean;
  /** Gaussians `first` … `end` − 1 → rows of 16 floats at `out`, 14 of them the offset; 704 bytes of scratch. */
  deform(first: number, end: number, out: number, scratch: number): void;
  serve(thread: number): void;
  stop(): void;
  uniforms(): number;
  conditions(): number;
  gaussians(): number;
  harmonics(): number;
  offsets(): number;
  attention(): number;
  firstFromFeature(): number;
  firstFromConditions(): number;
  second(): number;
  last(): number;
  torso(): number;
  mask(): number;
  pixels(): number;
  deformTime(): number;
  projectTime(): number;
  sortTime(): number;
  blendTime(): number;
  compositeTime(): number;
  restoreTime(): number;
}

export async function startKernel(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<Kernel> {
  const imports = { env: { memory }, clock: { now: () => performance.now() } };
  const { exports } = await WebAssembly.instantiate(module, imports);
  return exports as unknown as Kernel;
}
