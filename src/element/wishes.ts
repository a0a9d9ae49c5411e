import type { ExpressionWeights } from "../motion/expression-names";
import { ALL_MODULES, type Modules } from "../motion/modules";
import type { Mood } from "../motion/mood-names";
import type { Player } from "../player/types";
import type { Background } from "../render/background";

/** What is asked of the head whether or not it lives: a new player is told all of it. */
export function createWishes(player: () => Player | null) {
  let volume = 1;
  let expression: ExpressionWeights | null = null;
  let look: { yaw: number; pitch: number } | null = null;
  let mood: Mood = "neutral";
  let modules = ALL_MODULES;
  let background: Background = "avatar";
  let begun: Background | undefined;
  /** Samples that came before the head. */
  let pushed: [samples: Int16Array | Float32Array, rate: number][] = [];

  return {
    get volume() {
      return volume;
    },
    set volume(wanted) {
      volume = wanted;
      const head = player();
      if (head) head.volume = volume;
    },
    setExpression(weights: ExpressionWeights | null, blendMs: number): void {
      expression = weights && { ...weights };
      player()?.setExpression(expression, blendMs);
    },
    lookAt(target: typeof look): void {
      look = target;
      player()?.lookAt(look);
    },
    get mood() {
      return mood;
    },
    setMood(wanted: Mood, blendMs: number): void {
      mood = wanted;
      player()?.setMood(mood, blendMs);
    },
    get modules() {
      return modules;
    },
    set modules(wanted: Modules) {
      modules = wanted;
      const head = player();
      if (head) head.modules = modules;
    },
    /** The background that a player begins with; it is not told again. */
    begin(): Background {
      begun = background;
      return begun;
    },
    setBackground(wanted: Background): void {
      background = wanted;
      player()?.setBackground(background);
    },
    push(samples: Int16Array | Float32Array, rate: number): void {
      const head = player();
      if (head) head.pushAudio(samples, rate);
      // The caller may use its buffer again.
      else pushed.push([samples.slice(), rate]);
    },
    /** What was pushed and not taken is forgotten. */
    dropPushed(): void {
      pushed = [];
    },
    tell(head: Player): void {
      head.volume = volume;
      if (expression) head.setExpression(expression, 0);
      if (look) head.lookAt(look);
      if (mood !== "neutral") head.setMood(mood, 0);
      head.modules = modules;
      if (background !== begun) head.setBackground(background);
      for (const [samples, rate] of pushed.splice(0)) head.pushAudio(samples, rate);
    },
  };
}
