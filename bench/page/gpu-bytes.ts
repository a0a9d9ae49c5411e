/** Counts the bytes of all buffers and textures that the device makes from now on and has not destroyed. */
export function countBytes(device: GPUDevice): () => number {
  let bytes = 0;
  const count = <R extends { destroy(): undefined }>(resource: R, size: number): R => {
    bytes += size;
    const destroy = resource.destroy.bind(resource);
    let alive = true;
    resource.destroy = () => {
      if (alive) bytes -= size;
      alive = false;
      return destroy();
    };
    return resource;
  };
  const createBuffer = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => count(createBuffer(descriptor), descriptor.size);
  const createTexture = device.createTexture.bind(device);
  device.createTexture = (descriptor) => {
    const texture = createTexture(descriptor);
    const { width, height, depthOrArrayLayers, format } = texture;
    return count(texture, width * height * depthOrArrayLayers * bytesPerPixel(format));
  };
  return () => bytes;
}

function bytesPerPixel(format: GPUTextureFormat): number {
  const bits = { rgba8unorm: 32, bgra8unorm: 32, rgba16float: 64, rgba32float: 128, r32float: 32 }[
    format as string
  ];
  if (bits === undefined) throw new Error(`the bench does not know how large a pixel of ${format} is`);
  return bits / 8;
}
