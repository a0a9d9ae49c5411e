// mkkellogg's viewer cannot move single splats: here the whole scene moves, the cheaper work, and is sorted by its worker.
import { LogLevel, SceneFormat, SceneRevealMode, Viewer } from "@mkkellogg/gaussian-splats-3d";
import { createStage } from "./three-stage.js";

export const create = async (setup) => {
  const { ply, positions } = setup;
  const { renderer, eye, finish } = createStage(setup);
  // Takes its picture size from an element of the page.
  const rootElement = document.createElement("div");
  rootElement.style = `position: absolute; visibility: hidden; width: ${setup.width}px; height: ${setup.height}px`;
  document.body.append(rootElement);
  const viewer = new Viewer({
    rootElement,
    renderer,
    camera: eye,
    selfDrivenMode: false,
    useBuiltInControls: false,
    dynamicScene: true,
    sceneRevealMode: SceneRevealMode.Instant,
    sharedMemoryForWorkers: true,
    sphericalHarmonicsDegree: setup.shDegree,
    logLevel: LogLevel.None,
  });
  const url = URL.createObjectURL(new Blob([ply]));
  await viewer.addSplatScene(url, { format: SceneFormat.Ply, showLoadingUI: false, progressiveLoad: false });
  const first = positions[0];
  let sorts = 0;
  viewer.sortWorker.addEventListener("message", ({ data }) => {
    if (data.sortDone) sorts++;
  });
  return {
    canvas: renderer.domElement,
    draw(motion) {
      const position = positions[motion % positions.length];
      viewer.splatMesh
        .getScene(0)
        .position.set(position[0] - first[0], position[1] - first[1], position[2] - first[2]);
      viewer.update();
      viewer.render();
    },
    finish,
    sorts: () => sorts,
    destroy: () => viewer.dispose(),
  };
};
