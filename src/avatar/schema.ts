import * as v from "valibot";
import { EXPRESSION_NAMES } from "../motion/expression-names";
import { LipsplatError } from "../player/errors";

const finite = v.pipe(v.number(), v.finite());
const positive = v.pipe(finite, v.gtValue(0));
const vec3 = v.tuple([finite, finite, finite]);
const count = (max: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(max));

/** What a page's memory still holds, weights of the deformation and all. */
const MAX_GAUSSIANS = 2_000_000;

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits"));

// A bundle is untrusted: names stay inside its folder, sizes stay allocatable.
const file = v.object({
  path: v.pipe(v.string(), v.regex(/^\w[\w.-]*$/, "must be a plain file name")),
  bytes: count(256 * 2 ** 20),
  sha256,
  /** How it is packed; `bytes` and `sha256` are those of the packed file. */
  encoding: v.optional(v.literal("gzip")),
});

/** What a `.lipsplat` file needs to know of the manifest in it. */
const filesSchema = v.object({ files: v.record(v.string(), file) });

const expressionEntry = (name: string) =>
  v.pipe(
    v.object({ name: v.literal(name), min: finite, max: finite, rest: finite }),
    v.check(
      (e) => e.min < e.max && e.min <= e.rest && e.rest <= e.max,
      "needs min < max and min ≤ rest ≤ max",
    ),
  );

/** Windows of `frames` frames go in; what is `lookAhead` before the newest is ready. */
const codec = v.pipe(
  v.object({
    frames: count(256),
    lookAhead: v.pipe(v.number(), v.integer(), v.minValue(0)),
    /** sha256 of the motion.bin that it was made for. */
    motion: sha256,
  }),
  v.check(({ frames, lookAhead }) => lookAhead < frames, "needs lookAhead < frames"),
);

const whole = v.pipe(v.number(), v.integer(), v.minValue(0));

/** A box of the canvas, pixels; of such sides that the network can halve it. */
const restorer = v.object({
  box: v.pipe(
    v.tuple([
      whole,
      whole,
      v.pipe(v.number(), v.minValue(32), v.multipleOf(32)),
      v.pipe(v.number(), v.minValue(8), v.multipleOf(8)),
    ]),
    v.transform(([x, y, width, height]) => ({ x, y, width, height })),
  ),
});

const avatarSchema = v.object({
  format: v.literal(1),
  name: v.string(),
  /** The person's statement; null: nobody has given one, and the player says so. */
  consent: v.pipe(
    v.nullable(v.string()),
    v.transform((statement) => statement?.trim() || null),
  ),
  licence: v.string(),
  speech: v.string(),
  canvas: v.object({ width: count(4096), height: count(4096) }),
  camera: v.object({ focalPx: positive, principalPx: v.tuple([finite, finite]), position: vec3 }),
  pivot: vec3,
  fps: v.literal(25),
  frames: count(100_000),
  gaussians: v.pipe(
    v.number(),
    v.integer(),
    v.minValue(1, "an avatar has at least 1 Gaussian"),
    v.maxValue(MAX_GAUSSIANS, `train it with fewer, at most ${MAX_GAUSSIANS} can be loaded`),
  ),
  shDegree: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(3)),
  expression: v.strictTuple(EXPRESSION_NAMES.map(expressionEntry)),
  lip: v.object({ size: v.literal(32), silence: v.pipe(v.array(finite), v.length(32)) }),
  files: v.object({
    ...{ gaussians: file, deform: file, motion: file, torso: file, mask: file, poster: file },
    matte: v.optional(file),
    codec: v.optional(file),
    restorer: v.optional(file),
  }),
  /** Of the expression codec, where there is one. */
  codec: v.optional(codec),
  restorer: v.optional(restorer),
});

const speechSchema = v.object({
  format: v.literal(1),
  id: v.string(),
  rate: v.literal(16000),
  hop: v.literal(320),
  stateSize: count(2 ** 22),
  featureSize: v.literal(32),
  featureRate: v.literal(50),
  lookAheadHops: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(50)),
  file,
  /** The encoder for sounds that are known beforehand, as a dub's: encoder-ahead.onnx, which hears further. */
  ahead: v.optional(
    v.object({
      stateSize: count(2 ** 22),
      lookAheadHops: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(50)),
      file,
    }),
  ),
  /** What the voice says beside its words: cues.onnx. */
  cues: v.optional(
    v.object({
      hop: v.literal(640),
      stateSize: count(2 ** 22),
      lookAheadHops: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(5)),
      file,
    }),
  ),
});

export type AvatarManifest = v.InferOutput<typeof avatarSchema>;
export type SpeechManifest = v.InferOutput<typeof speechSchema>;
export type BundleFile = v.InferOutput<typeof file>;

/** @throws LipsplatError `bundle-newer`, or `bundle-corrupt`, naming the field. */
export const parseAvatar = (text: string): AvatarManifest => parse(avatarSchema, "avatar.json", text);

/** @throws LipsplatError `bundle-newer`, or `bundle-corrupt`, naming the field. */
export const parseSpeech = (text: string): SpeechManifest => parse(speechSchema, "speech.json", text);

/** All files of an avatar in the order of its manifest, those of no use here too. */
export const listFiles = (text: string): readonly BundleFile[] =>
  Object.values(parse(filesSchema, "avatar.json", text).files);

const FORMAT = 1;

function parse<S extends v.GenericSchema>(schema: S, name: string, text: string): v.InferOutput<S> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new LipsplatError("bundle-corrupt", `${name} is not JSON.`, { cause });
  }
  const newer = v.safeParse(v.object({ format: v.pipe(v.number(), v.gtValue(FORMAT)) }), json);
  if (newer.success) {
    throw new LipsplatError("bundle-newer", `${name} has format ${newer.output.format}, known is ${FORMAT}.`);
  }
  const result = v.safeParse(schema, json);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const field = v.getDotPath(issue) ?? "the whole";
  throw new LipsplatError("bundle-corrupt", `${name}, field ${field}: ${issue.message}.`);
}
