import { type Likeness, likeness, worstOf } from "./likeness";
import { openPainters, type Painter } from "./painters";
import { hostileScenes, largeScenes, type Scene } from "./scene";

/** How like the reference the painter draws each of the scene's views. */
export async function measure(painter: Painter, scene: Scene): Promise<Likeness[]> {
  const results: Likeness[] = [];
  const sizes = new Map(scene.views.map(({ size }) => [`${size.width}×${size.height}`, size]));
  for (const size of sizes.values()) {
    const canvas = await painter.open(scene, size);
    for (const view of scene.views) {
      if (view.size.width !== size.width || view.size.height !== size.height) continue;
      results.push(likeness(await canvas.draw(view), view.picture));
    }
    canvas.close();
  }
  return results;
}

/** What the painter can draw; of a network every fifth view, for SwiftShader takes a second for each. */
export function scenesFor({ fused }: Painter, scenes: readonly Scene[]): readonly Scene[] {
  if (!fused) return scenes;
  return scenes
    .filter(({ deform }) => deform)
    .map((scene) => ({ ...scene, views: scene.views.filter((_, i) => i % 5 === 0) }));
}

/** The worst of every painter over all scenes. */
export async function measureAll(): Promise<(Likeness & Pick<Painter, "name" | "exact">)[]> {
  const scenes = [...hostileScenes(), ...(await largeScenes())];
  const all = [];
  for (const painter of await openPainters()) {
    const results: Likeness[] = [];
    for (const scene of scenesFor(painter, scenes)) results.push(...(await measure(painter, scene)));
    all.push({ name: painter.name, exact: painter.exact, ...worstOf(results) });
  }
  return all;
}
