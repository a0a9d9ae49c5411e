import type { Avatar } from "../avatar/load";
import type { Codec } from "../motion/codec";
import type { FeatureTrack } from "../motion/feature-track";
import { createIdleMotion } from "../motion/idle";
import { createMixer, type Mixer } from "../motion/mixer";
import { ALL_MODULES } from "../motion/modules";
import { type LipsplatError, toLipsplatError } from "../player/errors";
import type { RenderInput } from "./messages";

type Wish<T extends RenderInput["type"]> = Extract<RenderInput, { type: T }>;

/** What moves a live head: everything between what is heard and asked, and the conditions of a frame. */
export interface Actor {
  readonly mixer: Mixer;
  /** Takes what is meant for the face; leaves the rest. */
  ask(input: RenderInput): void;
  /** Fetches what a first frame does without: what lays wishes over it, the generator, and the codec with the runtime it needs. */
  complete(): Promise<void>;
  destroy(): void;
}

export interface ActorParts {
  readonly avatar: Avatar;
  /** Lip features and cues. */
  readonly track: FeatureTrack;
  readonly cues: FeatureTrack;
  readonly still: boolean;
  /** One of them cannot be used: the face goes on without. */
  onError(error: LipsplatError): void;
}

export function createActor({ avatar, track, cues, still, onError }: ActorParts): Actor {
  const { manifest, motion } = avatar;
  const idle = createIdleMotion(motion, manifest.fps);
  const mixer = createMixer({ manifest, motion, idle, track, cues, still });
  let codec: Codec | undefined;
  let destroyed = false;
  let modules = ALL_MODULES;
  let mood: Wish<"mood"> = { type: "mood", mood: "neutral", blendMs: 0 };
  let expression: Wish<"expression"> = { type: "expression", weights: null, blendMs: 0 };
  let look: Wish<"look"> = { type: "look", target: null };

  function closeCodec(): void {
    codec?.release().catch((cause: unknown) => console.warn("lipsplat: codec not released", cause));
    codec = undefined;
  }

  function giveUp(cause: unknown): void {
    closeCodec();
    if (!destroyed) onError(toLipsplatError(cause, "worker-died"));
  }

  function switchModules(): void {
    mixer.generates = modules.generator;
    if (mixer.face) mixer.face.codec = modules.codec ? codec : undefined;
  }

  async function openAsked(): Promise<void> {
    const { createAsked } = await import("../motion/asked");
    mixer.asked = createAsked(manifest, motion);
    mixer.asked.expression.set(expression.weights, expression.blendMs);
    mixer.asked.gaze.lookAt(look.target);
  }

  async function openFace(): Promise<void> {
    const { createUpperFace } = await import("../motion/upper-face");
    // Another performance each time.
    const [seed = 0] = crypto.getRandomValues(new Uint32Array(1));
    mixer.face = createUpperFace(manifest, seed, giveUp);
    mixer.face.setMood(mood.mood, 0);
  }

  async function openCodec(bytes: ArrayBuffer): Promise<void> {
    const { createCodec } = await import("../motion/codec");
    codec = await createCodec(manifest, bytes);
    if (destroyed) closeCodec();
    switchModules();
  }

  return {
    mixer,
    ask(input) {
      if (input.type === "expression") {
        expression = input;
        mixer.asked?.expression.set(input.weights, input.blendMs);
      } else if (input.type === "look") {
        look = input;
        mixer.asked?.gaze.lookAt(input.target);
      } else if (input.type === "mood") {
        mood = input;
        mixer.face?.setMood(mood.mood, mood.blendMs);
      } else if (input.type === "modules") {
        modules = input.modules;
        switchModules();
      }
    },
    async complete() {
      try {
        await openAsked();
        await openFace();
        const bytes = await avatar.codec();
        if (bytes) await openCodec(bytes);
      } catch (cause) {
        giveUp(cause);
      }
    },
    destroy() {
      destroyed = true;
      closeCodec();
      switchModules();
    },
  };
}
