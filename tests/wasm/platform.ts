// What browsers have and Node lacks.

class NodeImageData {
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  readonly colorSpace = "srgb";
  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.data = new Uint8ClampedArray(width * height * 4);
  }
}

Object.assign(globalThis, { ImageData: NodeImageData });
