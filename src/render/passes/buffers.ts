import { RasterizerLimitError } from "../errors";

/** A binding must hold one element even where the scene is empty. */
const LEAST_BYTES = 64;

/** Makes labelled storage buffers and destroys them together. */
export interface BufferSet {
  /** Of all its buffers. */
  readonly bytes: number;
  /** @param bytes rounded up to whole words, at least one element of any pass' arrays. */
  create(label: string, bytes: number, usage?: GPUBufferUsageFlags): GPUBuffer;
  upload(label: string, data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>): GPUBuffer;
  destroy(): void;
}

export function createBufferSet(device: GPUDevice): BufferSet {
  const buffers: GPUBuffer[] = [];
  let total = 0;
  const create = (label: string, bytes: number, usage: GPUBufferUsageFlags = 0): GPUBuffer => {
    const size = Math.max(LEAST_BYTES, Math.ceil(bytes / 4) * 4);
    const limit = Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize);
    if (size > limit) {
      throw new RasterizerLimitError(
        `${label} needs ${size} bytes; this adapter's buffers hold ${limit}: use fewer or smaller Gaussians, or a smaller picture`,
      );
    }
    const buffer = device.createBuffer({
      label: `lipsplat.${label}`,
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST | usage,
    });
    buffers.push(buffer);
    total += size;
    return buffer;
  };
  return {
    get bytes() {
      return total;
    },
    create,
    upload(label, data) {
      const buffer = create(label, data.byteLength);
      device.queue.writeBuffer(buffer, 0, data);
      return buffer;
    },
    destroy() {
      for (const buffer of buffers.splice(0)) buffer.destroy();
    },
  };
}
