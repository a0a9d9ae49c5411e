import type { AvatarManifest } from "../avatar/schema";
import { EXPRESSION_SIZE } from "./conditions";
import { NAMED_EXPRESSIONS } from "./expression-names";
import { smooth } from "./smooth";

/** What an embedder has asked the face to show, over the idle motion. */
export interface Expression {
  /** Goes there in `blendMs` from whatever is shown now; null gives the face back to the idle motion. */
  set(weights: Readonly<Record<string, number>> | null, blendMs: number): void;
  /** Moves on by `elapsed` seconds and lays itself over `values` [13], which holds the idle motion's. */
  apply(elapsed: number, values: Float32Array): void;
}

export function createExpression({ expression }: Pick<AvatarManifest, "expression">): Expression {
  /** By channel: what is shown is idle + weight · (value − idle), on its way from one pair to another. */
  const value = { from: channels(), to: channels(), now: channels() };
  const weight = { from: channels(), to: channels(), now: channels() };
  const blinks = expression.map(({ name }) => name.startsWith("eyeBlink"));
  let seconds = 0;
  let passed = 0;

  return {
    set(weights, blendMs) {
      const wanted = weights ? targets(expression, weights) : new Map<number, number>();
      for (let i = 0; i < EXPRESSION_SIZE; i++) {
        const target = wanted.get(i);
        const held = at(weight.now, i) > 0;
        weight.from[i] = at(weight.now, i);
        weight.to[i] = target === undefined ? 0 : 1;
        // One that is let go fades out from where it was, one that was not held fades in where it will be.
        value.to[i] = target ?? at(value.now, i);
        value.from[i] = held ? at(value.now, i) : at(value.to, i);
      }
      seconds = Math.max(0, blendMs / 1000);
      passed = 0;
    },
    apply(elapsed, values) {
      passed = Math.min(seconds, passed + elapsed);
      const share = seconds > 0 ? smooth(passed / seconds) : 1;
      for (let i = 0; i < EXPRESSION_SIZE; i++) {
        const v = at(value.from, i) + share * (at(value.to, i) - at(value.from, i));
        const w = at(weight.from, i) + share * (at(weight.to, i) - at(weight.from, i));
        value.now[i] = v;
        weight.now[i] = w;
        const idle = at(values, i);
        // Lids that are held half open blink on.
        values[i] = blinks[i] ? idle + w * v * (1 - idle) : idle + w * (v - idle);
      }
    },
  };
}

/** The channels that the weights name, and where to: single coefficients as they are, named expressions within the avatar's range. */
function targets(
  expression: AvatarManifest["expression"],
  weights: Readonly<Record<string, number>>,
): Map<number, number> {
  const shares = new Map<string, number>();
  for (const [name, weight] of Object.entries(weights)) {
    for (const [channel, share] of Object.entries(named[name] ?? {})) {
      shares.set(channel, (shares.get(channel) ?? 0) + share * weight);
    }
  }
  const found = new Map<number, number>();
  for (const [i, { name, min, max, rest }] of expression.entries()) {
    const share = shares.get(name);
    const raw =
      weights[name] ??
      (share === undefined ? undefined : rest + share * (share > 0 ? max - rest : rest - min));
    if (raw !== undefined) found.set(i, Math.max(min, Math.min(max, raw)));
  }
  return found;
}

const named: Readonly<Record<string, Readonly<Record<string, number>>>> = NAMED_EXPRESSIONS;
const channels = () => new Float32Array(EXPRESSION_SIZE);
const at = (values: Float32Array, i: number) => values[i] ?? 0;
