import { LipsplatError } from "../player/errors";
import type { AudioOutput } from "./output";
import type { Tap } from "./tap";

/** A start time that is over by the time the graph hears of it would be late by an unknown amount. Seconds. */
export const START_DELAY = 0.02;
/** Time constant with which a sound that is cut falls silent: 40 dB in 14 ms, no click. Seconds. */
const CUT = 0.003;

/** What the tap listens to. */
export interface Source {
  /** Seconds; Infinity for one without an end. */
  readonly duration: number;
  /** Hz, as it was recorded or sent. */
  readonly rate: number;
  /** Context time at which second 0 of its time line passes, or would have passed, the tap. */
  readonly startTime: number;
  /** Context time from which on its sound passes the tap. */
  readonly since: number;
  /** Seconds from the tap to the loudspeaker's queue; null for a live source, which is not played. */
  readonly delay: number | null;
  /** What comes in, of a microphone. */
  readonly stream?: MediaStream;
  /** From the air to the graph as the browser knows it, seconds; it often knows nothing. */
  readonly latency?: number;
  /** Where the source itself has to know. */
  pause?(): void;
  resume?(): void;
  /** The same sound from another second on; this source is over. */
  seek?(seconds: number): Source;
  /** Falls silent at once. */
  stop(): void;
}

/** What a source that has no end of its own tells. */
export interface SourceEvents {
  /** What was sent has all passed the tap. */
  onEnd(): void;
  /** It ran dry. */
  onStall(): void;
}

/** Where a source goes. */
export interface Outlet {
  readonly output: AudioOutput;
  readonly tap: Tap;
  /** Seconds by which the sound waits for its face. */
  readonly delay: number;
}

/** Leads a node to the tap now and to the speaker `delay` seconds later. @returns what cuts it off. */
export function hear(node: AudioNode, { output: { context, speaker }, tap, delay }: Outlet): () => void {
  // Between whole samples the node interpolates, which dulls the sound.
  const delayTime = Math.round(delay * context.sampleRate) / context.sampleRate;
  const wait = new DelayNode(context, { delayTime, maxDelayTime: delay + 1 });
  const gate = new GainNode(context);
  node.connect(tap.node);
  node.connect(wait).connect(gate).connect(speaker);
  return () => {
    node.disconnect();
    gate.gain.setTargetAtTime(0, context.currentTime, CUT);
    setTimeout(() => gate.disconnect(), 30_000 * CUT);
  };
}

/** Plays a decoded sound from this second on. */
export function playBuffer(buffer: AudioBuffer, outlet: Outlet, from = 0): Source {
  const { context } = outlet.output;
  const node = new AudioBufferSourceNode(context, { buffer });
  outlet.tap.begin();
  const cut = hear(node, outlet);
  const since = context.currentTime + START_DELAY;
  node.start(since, from);
  function stop(): void {
    cut();
    node.stop();
  }
  return {
    duration: buffer.duration,
    rate: buffer.sampleRate,
    startTime: since - from,
    since,
    delay: outlet.delay,
    seek(seconds) {
      stop();
      return playBuffer(buffer, outlet, Math.max(0, Math.min(buffer.duration, seconds)));
    },
    stop,
  };
}

/** Plays a stream's sound. @throws LipsplatError `bad-sound` where it has none. */
export function playStream(stream: MediaStream, outlet: Outlet, events: SourceEvents): Source {
  const { context } = outlet.output;
  const tracks = stream.getAudioTracks().filter(({ readyState }) => readyState === "live");
  const [track] = tracks;
  if (!track) throw new LipsplatError("bad-sound", "the stream has no live audio track.");
  // Chromium lets a remote stream's sound flow only where an element plays it.
  const pump = new Audio();
  pump.muted = true;
  pump.srcObject = stream;
  void pump.play().catch(() => undefined);
  const node = new MediaStreamAudioSourceNode(context, { mediaStream: stream });
  outlet.tap.begin();
  const cut = hear(node, outlet);
  track.addEventListener("ended", events.onEnd, { once: true });
  track.addEventListener("mute", events.onStall);
  const since = context.currentTime;
  return {
    duration: Number.POSITIVE_INFINITY,
    rate: track.getSettings().sampleRate ?? context.sampleRate,
    startTime: since,
    since,
    delay: outlet.delay,
    stop() {
      cut();
      pump.srcObject = null;
      track.removeEventListener("ended", events.onEnd);
      track.removeEventListener("mute", events.onStall);
    },
  };
}

/** An element's sound can be led into a graph once. */
const elements = new WeakMap<HTMLMediaElement, MediaElementAudioSourceNode>();

function elementNode(media: HTMLMediaElement, context: AudioContext): MediaElementAudioSourceNode {
  const known = elements.get(media);
  if (known?.context === context) return known;
  try {
    const node = new MediaElementAudioSourceNode(context, { mediaElement: media });
    elements.set(media, node);
    return node;
  } catch (cause) {
    throw new LipsplatError("bad-sound", "the element already sounds through another player or graph.", {
      cause,
    });
  }
}

/**
 * Plays an `<audio>` or `<video>`, which is heard only through here from then on.
 * @throws LipsplatError `bad-sound`, `not-audio` or `sound-blocked`.
 */
export async function playElement(
  media: HTMLMediaElement,
  outlet: Outlet,
  { onEnd, onStall }: SourceEvents,
): Promise<Source> {
  const { context } = outlet.output;
  const node = elementNode(media, context);
  outlet.tap.begin();
  const cut = hear(node, outlet);
  const since = context.currentTime;
  try {
    await media.play();
  } catch (cause) {
    cut();
    const blocked = cause instanceof DOMException && cause.name === "NotAllowedError";
    throw new LipsplatError(blocked ? "sound-blocked" : "not-audio", "", { cause });
  }
  media.addEventListener("ended", onEnd, { once: true });
  media.addEventListener("waiting", onStall);
  return {
    duration: Number.POSITIVE_INFINITY,
    rate: context.sampleRate,
    startTime: since,
    since,
    delay: outlet.delay,
    pause: () => media.pause(),
    resume: () => void media.play().catch(() => undefined),
    stop() {
      cut();
      media.removeEventListener("ended", onEnd);
      media.removeEventListener("waiting", onStall);
      media.pause();
    },
  };
}
