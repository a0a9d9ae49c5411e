import type { AvatarManifest } from "../avatar/schema";
import { pickExpression } from "./arkit";
import { EXPRESSION_SIZE } from "./conditions";
import { CUE_SIZE } from "./cues";
import { STEP } from "./generator/follow";
import { createGenerator, type FaceStep } from "./generator/generator";
import { limitExpression } from "./limits";
import type { Mood } from "./mood-names";

/** Steps that are kept; far more than lie between the newest and the one that is shown. */
const KEPT = 32;
/** Steps that may wait for the codec; of a slower one some are left out. */
const MAX_WAITING = 6;
/** Muscles take a while: a step hears what is said so much later, seconds, so that a raise peaks with its word. */
const LEAD = 0.05;
/** Each step keeps this of a leap where the codec is switched: no jump. */
const FADE = 0.7;

type Turn = FaceStep["turn"];

/** Maps coefficients into what the avatar has shown, `lookAhead` steps later. */
export interface FaceCodec {
  readonly lookAhead: number;
  push(coefficients: Float32Array): Promise<Float32Array>;
  /** What comes next follows nothing. */
  restart(): void;
}

/** What a step of the face is made from; times as `advance` counts them. */
export interface FaceSource {
  /** Writes the cues [8] at `time`. */
  cues(time: number, out: Float32Array): void;
  /** Of the head before anything is added. */
  pose(time: number): Turn;
  /** How much of nods and sways is wanted, 0 … 1. */
  readonly sway: number;
}

/** The generator, and the codec after it, a little ahead of what is shown. */
export interface UpperFace {
  setMood(mood: Mood, blendMs: number): void;
  codec: FaceCodec | undefined;
  /** Seconds of cues after its time that a frame takes in, where they are to be had. */
  readonly ahead: number;
  /** Makes what a frame at `time` needs, seconds; time only goes on. */
  advance(time: number, source: FaceSource): void;
  /** Resolves when all of that has come through the codec. Rejects where it breaks. */
  settled(): Promise<void>;
  /** Writes the avatar's channels [13] and the turn of the head at `time`, as far as they are there. */
  sample(time: number, expression: Float32Array, turn: [number, number, number]): void;
  /** Milliseconds that generator and codec have taken since the last call. */
  spent(): { generator: number; codec: number };
}

export type FaceSpent = ReturnType<UpperFace["spent"]>;

/** @param seed the same one with the same cues gives the same face. @param onError the codec has broken, and is switched off. */
export function createUpperFace(
  { expression }: Pick<AvatarManifest, "expression">,
  seed: number,
  onError: (cause: unknown) => void = () => undefined,
): UpperFace {
  const resting = (channel: string) => expression.find(({ name }) => name === channel)?.rest ?? 0;
  const generator = createGenerator(seed, {
    smile: resting("mouthSmileLeft"),
    squint: resting("eyeSquintLeft"),
  });
  const expressions = new Float32Array(KEPT * EXPRESSION_SIZE);
  const turns = new Float32Array(KEPT * 3);
  const cues = new Float32Array(CUE_SIZE);
  const leap = new Float32Array(EXPRESSION_SIZE);
  /** Numbers of the first step that is kept, the last that is made, and the last that is through the codec. */
  let first = 0;
  let made = -1;
  let ready = -1;
  let codec: FaceCodec | undefined;
  let switched = false;
  let waiting = 0;
  let queue: Promise<unknown> = Promise.resolve();
  let failure: unknown;
  const spent = { generator: 0, codec: 0 };

  const rowOf = (k: number) =>
    expressions.subarray((k % KEPT) * EXPRESSION_SIZE, ((k % KEPT) + 1) * EXPRESSION_SIZE);

  /** Channels of step `k`; what was left out before it is as it is. */
  function keep(k: number, values: Float32Array): void {
    limitExpression(expression, values);
    for (let i = 0; i < EXPRESSION_SIZE; i++) {
      if (switched && ready >= first) leap[i] = (rowOf(ready)[i] ?? 0) - (values[i] ?? 0);
      else leap[i] = FADE * (leap[i] ?? 0);
      values[i] = (values[i] ?? 0) + (leap[i] ?? 0);
    }
    switched = false;
    for (let row = Math.max(first, ready + 1); row <= k; row++) rowOf(row).set(values);
    ready = Math.max(ready, k);
  }

  function encode(k: number, coefficients: Float32Array, through: FaceCodec): void {
    if (waiting >= MAX_WAITING) return;
    waiting++;
    queue = queue.then(async () => {
      try {
        if (codec !== through) return;
        const start = performance.now();
        const values = await through.push(coefficients);
        spent.codec += performance.now() - start;
        if (codec === through && k - through.lookAhead > ready) keep(k - through.lookAhead, values);
      } catch (cause) {
        failure = cause;
        face.codec = undefined;
        onError(cause);
      } finally {
        waiting--;
      }
    });
  }

  function make(k: number, source: FaceSource): void {
    source.cues(k * STEP + LEAD, cues);
    const { coefficients, turn } = generator.step(cues, source.pose(k * STEP), source.sway);
    turns.set(turn, (k % KEPT) * 3);
    made = k;
    if (codec) {
      encode(k, coefficients.slice(), codec);
      return;
    }
    const values = new Float32Array(EXPRESSION_SIZE);
    pickExpression(coefficients, values);
    keep(k, values);
  }

  const face: UpperFace = {
    setMood: generator.setMood,
    get codec() {
      return codec;
    },
    set codec(wanted) {
      if (wanted === codec) return;
      codec = wanted;
      switched = ready >= 0;
    },
    get ahead() {
      return LEAD + STEP * (1 + (codec?.lookAhead ?? 0));
    },
    advance(time, source) {
      const start = performance.now();
      const shown = Math.floor(time / STEP);
      const last = shown + 1 + (codec?.lookAhead ?? 0);
      // After a while without anybody who looks nothing is made up for.
      if (made < shown - 1) {
        first = shown;
        made = shown - 1;
        ready = shown - 1;
        codec?.restart();
      }
      while (made < last) make(made + 1, source);
      spent.generator += performance.now() - start;
    },
    async settled() {
      await queue;
      if (failure) throw failure;
    },
    sample(time, out, turn) {
      const at = time / STEP;
      const shown = Math.floor(at);
      const held = (k: number, newest: number) => Math.max(first, Math.min(newest, k));
      const share = at - shown;
      // Until the first is through, the codec's face is the resting one.
      if (ready < first) {
        for (const [i, { rest }] of expression.entries()) out[i] = rest;
      } else {
        const [from, to] = [rowOf(held(shown, ready)), rowOf(held(shown + 1, ready))];
        for (let i = 0; i < EXPRESSION_SIZE; i++) {
          out[i] = (from[i] ?? 0) + share * ((to[i] ?? 0) - (from[i] ?? 0));
        }
      }
      const [from, to] = [3 * (held(shown, made) % KEPT), 3 * (held(shown + 1, made) % KEPT)];
      for (let i = 0; i < 3; i++) {
        turn[i] = (turns[from + i] ?? 0) + share * ((turns[to + i] ?? 0) - (turns[from + i] ?? 0));
      }
    },
    spent() {
      const taken = { ...spent };
      spent.generator = 0;
      spent.codec = 0;
      return taken;
    },
  };
  return face;
}
