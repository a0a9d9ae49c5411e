import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { python } from "../../scripts/setup/python.mjs";
import { type DeformWeights, readDeformWeights } from "../../src/avatar/deform-weights";
import { readPly } from "../../src/avatar/ply";
import { type BundleFile, parseAvatar } from "../../src/avatar/schema";
import type { Camera, GaussianCloud, HeadPose, Size } from "../../src/render/scene";

/** A scene and what reference.py says it looks like. */
export interface Scene {
  readonly name: string;
  readonly cloud: GaussianCloud;
  readonly camera: Camera;
  /** What made the views' offsets; the avatar's only. */
  readonly deform?: DeformWeights;
  readonly views: readonly View[];
}

export interface View {
  readonly pose: HeadPose;
  readonly size: Size;
  /** [N,14] */
  readonly offset: Float32Array<ArrayBuffer>;
  /** [height,width,4] premultiplied rgb and coverage, 0 … 65535. */
  readonly picture: Uint16Array;
  /** What `deform` made the offset of. */
  readonly conditions?: { readonly lip: Float32Array; readonly expression: Float32Array };
}

/** First line of a .scene, written by scenes.py. */
interface Meta {
  readonly camera: Camera;
  readonly cloud: Pick<GaussianCloud, "count" | "shDegree"> | null;
  readonly views: readonly Pick<View, "pose" | "size">[];
  /** Name and length of every array, in the file's order; each view begins with its offset. */
  readonly arrays: readonly (readonly [name: string, length: number])[];
}

const HERE = fileURLToPath(new URL(".", import.meta.url));
const AVATAR = join(HERE, "../../public/models/default");

/** Checked in. */
export function hostileScenes(): Scene[] {
  return readFolder(join(HERE, "hostile"));
}

/** The shipped avatar and what is too large to check in: made by scenes.py once for each avatar and reference. */
export async function largeScenes(): Promise<Scene[]> {
  const sources = [join(HERE, "reference.py"), join(HERE, "scenes.py"), join(AVATAR, "avatar.json")];
  const hash = createHash("sha256");
  for (const source of sources) hash.update(readFileSync(source));
  const cache = join(process.env["LIPSPLAT_CACHE"] ?? join(homedir(), ".cache/lipsplat"), "exact");
  const folder = join(cache, hash.digest("hex").slice(0, 16));
  if (!existsSync(folder)) {
    if (!existsSync(python)) throw new Error("trainer/.venv is missing: run `npm test` once, which makes it");
    // What older avatars looked like.
    rmSync(cache, { recursive: true, force: true });
    mkdirSync(cache, { recursive: true });
    const part = mkdtempSync(join(cache, "part-"));
    await promisify(execFile)(python, [join(HERE, "scenes.py"), "large", part], {
      env: { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" },
    });
    renameSync(part, folder);
  }
  return readFolder(folder);
}

function readFolder(folder: string): Scene[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".scene"));
  if (names.length === 0) throw new Error(`no scenes in ${folder}`);
  return names.sort().map((name) => readScene(join(folder, name)));
}

function readScene(path: string): Scene {
  const file = readFileSync(path);
  const lineEnd = file.indexOf("\n");
  const meta: Meta = JSON.parse(file.toString("utf8", 0, lineEnd));
  const cloud: Record<string, Float32Array> = {};
  const views: Record<string, Float32Array | Uint16Array>[] = [];
  let at = lineEnd + 1;
  for (const [name, length] of meta.arrays) {
    const Type = name === "picture" ? Uint16Array : Float32Array;
    const end = at + length * Type.BYTES_PER_ELEMENT;
    const array = new Type(new Uint8Array(file.subarray(at, end)).buffer);
    at = end;
    if (name === "offset") views.push({});
    (views.at(-1) ?? cloud)[name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())] = array;
  }
  return {
    name: basename(path, ".scene"),
    ...(meta.cloud === null ? readAvatar() : { cloud: { ...meta.cloud, ...cloud } as GaussianCloud }),
    camera: meta.camera,
    views: meta.views.map((view, i) => {
      const { lip, expression, ...arrays } = views[i] ?? {};
      return { ...view, ...arrays, ...(lip && { conditions: { lip, expression } }) } as View;
    }),
  };
}

/** Through the player's own readers: scenes.py has others. */
function readAvatar(): Required<Pick<Scene, "cloud" | "deform">> {
  const manifest = parseAvatar(readFileSync(join(AVATAR, "avatar.json"), "utf8"));
  const read = ({ path }: BundleFile) => new Uint8Array(readFileSync(join(AVATAR, path))).buffer;
  const deform = readDeformWeights(read(manifest.files.deform));
  if (!deform) throw new Error("the avatar's deform.onnx is not the trainer's graph");
  return { cloud: readPly(read(manifest.files.gaussians), manifest), deform };
}
