import { LipsplatError, type LipsplatErrorCode } from "../player/errors";

/** What the tap listens to. */
export interface Source {
  /** Seconds; Infinity for a live source. */
  readonly duration: number;
  /** Context time at which its first sample passes the tap. */
  readonly startTime: number;
  /** Seconds from the tap to the loudspeaker's queue; null for a live source, which is not played. */
  readonly delay: number | null;
  stop(): void;
}

/** Plays a decoded sound to the tap now and to the speakers `delay` seconds later, when its face is on screen. */
export function playBuffer(
  context: AudioContext,
  buffer: AudioBuffer,
  tap: AudioNode,
  delay: number,
): Source {
  const player = new AudioBufferSourceNode(context, { buffer });
  const wait = new DelayNode(context, { delayTime: delay, maxDelayTime: delay + 1 });
  player.connect(tap);
  player.connect(wait).connect(context.destination);
  // A start time that is over by the time the graph hears of it would be late by an unknown amount.
  const startTime = context.currentTime + 0.02;
  player.start(startTime);
  return {
    duration: buffer.duration,
    startTime,
    delay,
    stop() {
      player.stop();
      player.disconnect();
      wait.disconnect();
    },
  };
}

/**
 * Opens a microphone for the tap; it is never played to the speakers.
 * @param onUnplugged is called once if it goes away by itself.
 * @throws LipsplatError `microphone-denied`, `microphone-missing` or `microphone-unplugged`.
 */
export async function openMicrophone(
  context: AudioContext,
  tap: AudioNode,
  constraints: MediaTrackConstraints,
  onUnplugged: () => void,
): Promise<Source> {
  const stream = await openStream(constraints);
  const node = new MediaStreamAudioSourceNode(context, { mediaStream: stream });
  node.connect(tap);
  for (const track of stream.getAudioTracks()) track.addEventListener("ended", onUnplugged, { once: true });
  return {
    duration: Number.POSITIVE_INFINITY,
    startTime: context.currentTime,
    delay: null,
    stop() {
      node.disconnect();
      for (const track of stream.getTracks()) {
        track.removeEventListener("ended", onUnplugged);
        track.stop();
      }
    },
  };
}

async function openStream(audio: MediaTrackConstraints): Promise<MediaStream> {
  // Absent where the page is not served securely.
  if (!navigator.mediaDevices) throw new LipsplatError("microphone-denied");
  try {
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (cause) {
    const name = cause instanceof DOMException ? cause.name : "";
    throw new LipsplatError(MICROPHONE_ERRORS[name] ?? "microphone-denied", "", { cause });
  }
}

const MICROPHONE_ERRORS: Record<string, LipsplatErrorCode> = {
  NotAllowedError: "microphone-denied",
  SecurityError: "microphone-denied",
  NotFoundError: "microphone-missing",
  OverconstrainedError: "microphone-missing",
  NotReadableError: "microphone-unplugged",
  AbortError: "microphone-unplugged",
};
