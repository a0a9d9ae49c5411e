import { Color, PerspectiveCamera, WebGLRenderer } from "three";

/** A three.js renderer of that size, and the bench's camera. */
export function createStage({ camera, width, height }) {
  const renderer = new WebGLRenderer({ antialias: false, alpha: true });
  renderer.setPixelRatio(1);
  renderer.setSize(width, height, false);
  renderer.setClearColor(new Color(0, 0, 0), 0);
  const eye = new PerspectiveCamera(camera.fovDegrees, width / height, 0.2, 100);
  eye.position.set(...camera.position);
  eye.up.set(0, 1, 0);
  eye.lookAt(camera.position[0], camera.position[1], camera.position[2] - 1);
  eye.updateMatrixWorld(true);
  const gl = renderer.getContext();
  const pixel = new Uint8Array(4);
  const finish = () => {
    renderer.setRenderTarget(null);
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
  };
  return { renderer, eye, finish };
}
