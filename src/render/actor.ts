import type { Avatar } from "../avatar/load";
import { createExpression } from "../motion/expression";
import type { FeatureTrack } from "../motion/feature-track";
import { createGaze } from "../motion/gaze";
import { createIdleMotion } from "../motion/idle";
import { createMixer, type Mixer } from "../motion/mixer";
import { ALL_MODULES } from "../motion/modules";
import { createUpperFace, type FaceCodec } from "../motion/upper-face";
import { LipsplatError } from "../player/errors";
import type { RenderInput } from "./messages";

/** What moves a live head: everything between what is heard and asked, and the conditions of a frame. */
export interface Actor {
  readonly mixer: Mixer;
  /** Takes what is meant for the face; leaves the rest. */
  ask(input: RenderInput): void;
  /** Fetches the runtime that the codec needs, which a first frame does not. */
  complete(): Promise<void>;
}

export interface ActorParts {
  readonly avatar: Avatar;
  /** Lip features and cues. */
  readonly track: FeatureTrack;
  readonly cues: FeatureTrack;
  readonly still: boolean;
  /** The codec cannot be used: the face goes on without. */
  onError(error: LipsplatError): void;
}

export function createActor({ avatar, track, cues, still, onError }: ActorParts): Actor {
  const { manifest, motion } = avatar;
  const asked = { expression: createExpression(manifest), gaze: createGaze(manifest, motion) };
  // Another performance each time.
  const [seed = 0] = crypto.getRandomValues(new Uint32Array(1));
  const face = createUpperFace(manifest, seed, giveUp);
  const idle = createIdleMotion(motion, manifest.fps);
  const mixer = createMixer({ manifest, motion, idle, track, cues, face, asked, still });
  let codec: FaceCodec | undefined;
  let modules = ALL_MODULES;

  function giveUp(cause: unknown): void {
    codec = undefined;
    onError(cause instanceof LipsplatError ? cause : new LipsplatError("worker-died", `${cause}.`));
  }

  function switchModules(): void {
    mixer.generates = modules.generator;
    face.codec = modules.codec ? codec : undefined;
  }

  return {
    mixer,
    ask(input) {
      if (input.type === "expression") asked.expression.set(input.weights, input.blendMs);
      else if (input.type === "look") asked.gaze.lookAt(input.target);
      else if (input.type === "mood") face.setMood(input.mood, input.blendMs);
      else if (input.type === "modules") {
        modules = input.modules;
        switchModules();
      }
    },
    async complete() {
      if (!avatar.codec) return;
      try {
        const { createCodec } = await import("../motion/codec");
        codec = await createCodec(manifest, avatar.codec);
        switchModules();
      } catch (cause) {
        giveUp(cause);
      }
    },
  };
}
