import type { Cues } from "../cues";
import { createDrift, createSpring, STEP } from "./follow";
import type { Look } from "./moods";
import type { Random } from "./random";
import type { VoiceEvents } from "./voice";

/** A nod goes with many stressed words, and follows the brows (Kim, Cvejic and Davis 2014): radians, seconds. */
const NOD = { often: 0.7, flat: 0.016, lively: 0.042, seconds: 0.16, spread: 0.4 };
/** The head lifts with the pitch of the voice (Munhall et al. 2004), radians at an octave. */
const PITCH = 0.02;
/** A phrase ends lower than it began. */
const CLOSE = { bow: 0.016, seconds: 0.5 };
/** Each phrase has a posture of its own, also in silence, where they last longer: deviations in radians, mean seconds. */
const POSTURE = {
  yaw: 0.038,
  roll: 0.018,
  pitch: 0.01,
  silent: 0.35,
  speaking: 2.4,
  resting: 5,
  spread: 0.5,
};

export function createNods(
  random: Random,
): (cues: Cues, voice: VoiceEvents, look: Look) => [pitch: number, yaw: number, roll: number] {
  const nod = createSpring(0.095);
  const bow = createSpring(0.3);
  const lift = createSpring(0.2);
  const mood = createSpring(0.12);
  const [pitch, yaw, roll] = [createSpring(0.35), createSpring(0.4), createSpring(0.45)];
  const drifts = [0.004, 0.006, 0.003].map((deviation) => createDrift(random.fork(), deviation, 4));
  let depth = 0;
  let nodding = 0;
  let closing = 0;
  let posture: readonly [number, number, number] = [0, 0, 0];
  let held = 0;

  return (cues, { speech, begins, closes, accent }, look) => {
    if (accent && random.chance(NOD.often)) {
      depth = (NOD.flat + (NOD.lively - NOD.flat) * cues.arousal) * random.logNormal(1, NOD.spread);
      nodding = NOD.seconds;
    }
    if (closes) closing = CLOSE.seconds;
    nodding -= STEP;
    closing -= STEP;
    held -= STEP;
    if (held <= 0 || begins || (closes && random.chance(0.5))) {
      const size = POSTURE.silent + (1 - POSTURE.silent) * Math.max(speech, begins ? 1 : 0);
      posture = [
        size * POSTURE.pitch * random.normal(),
        size * POSTURE.yaw * random.normal(),
        size * POSTURE.roll * random.normal(),
      ];
      const mean = POSTURE.resting + speech * (POSTURE.speaking - POSTURE.resting);
      held = random.logNormal(mean, POSTURE.spread);
    }
    const nodded =
      nod.to(nodding > 0 ? depth : 0) +
      bow.to(closing > 0 ? CLOSE.bow : 0) -
      lift.to(PITCH * cues.pitch * cues.voiced);
    const [drift0 = 0, drift1 = 0, drift2 = 0] = drifts.map((drift) => drift());
    return [
      mood.to(look.bow) + look.nods * (nodded + pitch.to(posture[0])) + drift0,
      look.nods * yaw.to(posture[1]) + drift1,
      look.nods * roll.to(posture[2]) + drift2,
    ];
  };
}
