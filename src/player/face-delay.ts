import { resamplerDelay } from "../audio/resampler";
import type { SpeechTimes } from "../speech/speech.worker";

/** A sound waits no longer for its face, seconds: a slower machine shows lips a little late instead. */
const MAX_DELAY = 0.15;

/** Of the graph that plays, in seconds but for the rate. */
export interface GraphTimes {
  readonly sampleRate: number;
  /** Samples come in pieces this long. */
  readonly baseLatency: number;
  /** By how much the graph runs ahead of what is heard: in that time the face works too. */
  readonly lead: number;
}

/**
 * Seconds by which a sound has to be delayed so that it is heard when its face is on screen: the newest sample that the
 * face needs, a whole hop of it, its way through resampler, encoder and renderer, less what the device delays anyway.
 */
export function faceDelay(speech: SpeechTimes, graph: GraphTimes, frameSeconds: number): number {
  const { lookAhead, hop, encode } = speech;
  const work = resamplerDelay(graph.sampleRate, 16000) + graph.baseLatency + encode + frameSeconds;
  return Math.max(0, Math.min(MAX_DELAY, lookAhead + hop + work - graph.lead));
}
