// PlayCanvas, unified splat renderer: WebGL2 with its worker sort, WebGPU with its sort on the GPU.
import {
  AppBase,
  AppOptions,
  Asset,
  CameraComponentSystem,
  Color,
  createGraphicsDevice,
  Entity,
  FILLMODE_NONE,
  GSplatComponentSystem,
  GSplatHandler,
  RESOLUTION_FIXED,
  WORKBUFFER_UPDATE_ALWAYS,
} from "playcanvas";

export const create = async ({ ply, positions, camera, width, height, api }) => {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const device = await createGraphicsDevice(canvas, { deviceTypes: [api], antialias: false, alpha: true });
  if (device.deviceType !== api) throw new Error(`PlayCanvas took ${device.deviceType}, not ${api}`);
  device.maxPixelRatio = 1;
  const options = new AppOptions();
  options.graphicsDevice = device;
  options.componentSystems = [CameraComponentSystem, GSplatComponentSystem];
  options.resourceHandlers = [GSplatHandler];
  const app = new AppBase(canvas);
  app.init(options);
  app.setCanvasFillMode(FILLMODE_NONE);
  app.setCanvasResolution(RESOLUTION_FIXED, width, height);
  // The bench ticks, as fast as frames finish.
  app.requestAnimationFrame = () => {};
  app.start();

  const url = URL.createObjectURL(new Blob([ply]));
  const asset = new Asset("head", "gsplat", { url, filename: "head.ply" }, { reorder: false });
  app.assets.add(asset);
  await new Promise((resolve, reject) => {
    asset.ready(resolve);
    asset.once("error", (message) => reject(new Error(message)));
    app.assets.load(asset);
  });
  const head = new Entity("head");
  head.addComponent("gsplat", { asset });
  head.gsplat.workBufferUpdate = WORKBUFFER_UPDATE_ALWAYS;
  app.root.addChild(head);
  const eye = new Entity("camera");
  eye.addComponent("camera", {
    clearColor: new Color(0, 0, 0, 0),
    fov: camera.fovDegrees,
    nearClip: 0.2,
    farClip: 100,
  });
  eye.setPosition(...camera.position);
  app.root.addChild(eye);

  const { resource } = asset;
  const texture = resource.getTexture("transformA");
  const pixel = new Uint8Array(4);
  let sorts = 0;
  app.scene.on("gsplat:sorted", () => sorts++);
  return {
    canvas,
    draw(motion) {
      const position = positions[motion % positions.length];
      const words = texture.lock();
      const floats = new Float32Array(words.buffer, words.byteOffset, words.length);
      for (let i = 0, p = 0; p < position.length; i += 4, p += 3) {
        floats[i] = position[p];
        floats[i + 1] = position[p + 1];
        floats[i + 2] = position[p + 2];
      }
      texture.unlock();
      // As GSplatContainer.update() tells of moved centres; a container would lose the spherical harmonics.
      resource.centers.set(position);
      resource.centersVersion++;
      app.tick(performance.now());
    },
    finish() {
      if (api === "webgpu") return device.wgpu.queue.onSubmittedWorkDone();
      device.gl.readPixels(0, 0, 1, 1, device.gl.RGBA, device.gl.UNSIGNED_BYTE, pixel);
    },
    sorts: api === "webgl2" ? () => sorts : undefined,
    destroy: () => app.destroy(),
  };
};
