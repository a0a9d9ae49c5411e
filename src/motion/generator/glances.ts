import { createFollow, createSpring, STEP } from "./follow";
import type { Look } from "./moods";
import type { Random } from "./random";
import type { VoiceEvents } from "./voice";

/** Mean seconds of a look at the viewer and of one away: who speaks looks away more (Lee, Badler and Badler 2002). */
const AT = { silent: 6, speaking: 2.8, spread: 0.8 };
const AWAY = { silent: 0.5, speaking: 0.9, spread: 0.6 };
/** Between the viewer's eyes and mouth it darts: mean seconds, radians. */
const DART = { mean: 0.9, spread: 0.7, yaw: 0.014, pitch: 0.01 };
/** Of looks away: radians from the viewer; small ones are commoner, more to the side than up or down. */
const AVERSION = { least: 0.05, mean: 0.045, most: 0.15, upright: 0.55 };
/** Looks away as an utterance begins, and back where a phrase closes (Kendon 1967). */
const BEGIN = 0.4;
const CLOSE = 0.85;
/** The eyes are there in one to two steps: saccades of 3 to 9 degrees take 30 to 50 ms. */
const SACCADE = 0.024;
/** The head takes this part of a look away, slowly. */
const HEAD = { share: 0.25, seconds: 0.22 };
/** The eyes make up for so much of the head's turn (the capture's own share). */
const STEADY = 0.6;

export interface Glance {
  /** Of the eyes in the head, radians: to the person's left, downwards. */
  readonly yaw: number;
  readonly pitch: number;
  /** Amplitude of the saccade that begins with this step, radians; else 0. */
  readonly shift: number;
  /** The head's part, radians. */
  readonly headYaw: number;
  readonly headPitch: number;
}

export interface Glances {
  /** @param head its pitch and yaw in this step, radians. */
  next(
    voice: VoiceEvents,
    head: readonly [pitch: number, yaw: number, ...rest: number[]],
    look: Look,
  ): Glance;
}

export function createGlances(random: Random): Glances {
  let away = false;
  /** Seconds of this look, and of this fixation, that are left. */
  let held = random.logNormal(AT.silent, AT.spread);
  let fixed = random.logNormal(DART.mean, DART.spread);
  let target = { yaw: 0, pitch: 0 };
  const yaw = createFollow(SACCADE);
  const pitch = createFollow(SACCADE);
  const headYaw = createSpring(HEAD.seconds);
  const headPitch = createSpring(HEAD.seconds);

  function lookAt(next: { yaw: number; pitch: number }): number {
    const shift = Math.hypot(next.yaw - target.yaw, next.pitch - target.pitch);
    target = next;
    fixed = random.logNormal(DART.mean, DART.spread);
    return shift;
  }

  const dart = () => ({
    yaw: DART.yaw * random.normal(),
    // From the eyes downwards more than upwards.
    pitch: DART.pitch * Math.abs(random.normal()) - DART.pitch / 2,
  });

  function aversion(downcast: number): { yaw: number; pitch: number } {
    const size = Math.min(AVERSION.most, AVERSION.least - AVERSION.mean * Math.log(1 - random.uniform()));
    const way = 2 * Math.PI * random.uniform();
    return { yaw: size * Math.cos(way), pitch: AVERSION.upright * size * Math.sin(way) + downcast };
  }

  function turn(speech: number, look: Look): number {
    away = !away;
    const [silent, speaking, spread] = away
      ? [AWAY.silent, AWAY.speaking, AWAY.spread]
      : [AT.silent / look.glances, AT.speaking / look.glances, AT.spread];
    held = random.logNormal(silent + speech * (speaking - silent), spread);
    return lookAt(away ? aversion(look.downcast) : dart());
  }

  return {
    next({ speech, begins, closes }, [pitchNow, yawNow], look) {
      held -= STEP;
      fixed -= STEP;
      let shift = 0;
      const leaves = begins && !away && random.chance(BEGIN * look.glances);
      const returns = closes && away && random.chance(CLOSE);
      if (held <= 0 || leaves || returns) shift = turn(speech, look);
      else if (fixed <= 0) {
        const { yaw, pitch } = target;
        const next = dart();
        // Away, too, the eyes hold no point for long.
        shift = lookAt(away ? { yaw: yaw + next.yaw / 2, pitch: pitch + next.pitch / 2 } : next);
      }
      return {
        yaw: yaw.to(target.yaw) - STEADY * yawNow,
        pitch: pitch.to(target.pitch) - STEADY * pitchNow,
        shift,
        headYaw: headYaw.to(away ? HEAD.share * target.yaw : 0),
        headPitch: headPitch.to(away ? HEAD.share * target.pitch : 0),
      };
    },
  };
}
