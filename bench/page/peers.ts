import { type Contender, WEBP } from "./contender";
import { writePly } from "./ply";
import { loadScene, MOTIONS } from "./scene";

export interface PeerName {
  readonly name: string;
  readonly api: "webgpu" | "webgl2";
  readonly module: string;
}

export const PEERS: readonly PeerName[] = [
  { name: "PlayCanvas WebGL2", api: "webgl2", module: "playcanvas" },
  { name: "PlayCanvas WebGPU", api: "webgpu", module: "playcanvas" },
  { name: "mkkellogg", api: "webgl2", module: "mkkellogg" },
  { name: "Spark", api: "webgl2", module: "spark" },
];

/** What each module in peers/ is given. */
interface PeerSetup {
  readonly ply: ArrayBuffer;
  /** [N,3] each: where the Gaussians are in each motion. */
  readonly positions: readonly Float32Array[];
  readonly shDegree: number;
  readonly camera: { readonly fovDegrees: number; readonly position: readonly number[] };
  readonly width: number;
  readonly height: number;
  readonly api: PeerName["api"];
}

interface PeerModule {
  create(setup: PeerSetup): Promise<Omit<Contender, "picture"> & { readonly canvas: HTMLCanvasElement }>;
}

const modules = import.meta.glob<PeerModule>(["./peers/*.js", "!./peers/three-stage.js"]);

export async function createPeer(
  { api, module }: PeerName,
  count: number | null,
  size: { width: number; height: number },
): Promise<Contender> {
  const load = modules[`./peers/${module}.js`];
  if (!load) throw new Error(`there is no peers/${module}.js`);
  const { cloud, camera, pose, displacement } = await loadScene(count, size);
  const { canvas, focalPx, principalPx } = camera;
  if (principalPx[0] !== canvas.width / 2 || principalPx[1] !== canvas.height / 2) {
    throw new Error("the peers' cameras look along their axis: the avatar's principal point must be central");
  }
  const origin = pose.pivot;
  const fromOrigin = (values: ArrayLike<number>) =>
    Float32Array.from(values, (value, i) => value - (origin[i % 3] ?? 0));
  const still = fromOrigin(cloud.position);
  const positions = Array.from({ length: MOTIONS }, (_, k) => {
    const moved = displacement(k);
    return still.map((value, i) => value + (moved[i] ?? 0));
  });
  const peer = await (await load()).create({
    ply: writePly(cloud, origin),
    positions,
    shDegree: cloud.shDegree,
    camera: {
      fovDegrees: (2 * Math.atan(canvas.height / 2 / focalPx) * 180) / Math.PI,
      position: [...fromOrigin(camera.position)],
    },
    ...size,
    api,
  });
  return {
    ...peer,
    async picture() {
      const copy = new OffscreenCanvas(size.width, size.height);
      copy.getContext("2d")?.drawImage(peer.canvas, 0, 0);
      return copy.convertToBlob(WEBP);
    },
  };
}
