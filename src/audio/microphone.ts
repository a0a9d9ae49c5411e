import { LipsplatError, type LipsplatErrorCode } from "../player/errors";
import type { AudioOutput } from "./output";
import type { Source } from "./sources";
import type { Tap } from "./tap";

/**
 * Opens a microphone for the tap; it is never played to the speakers.
 * @param onUnplugged is called once if it goes away by itself.
 * @throws LipsplatError `microphone-denied`, `microphone-missing` or `microphone-unplugged`.
 */
export async function openMicrophone(
  { context }: AudioOutput,
  tap: Tap,
  constraints: MediaTrackConstraints,
  onUnplugged: () => void,
): Promise<Source> {
  const stream = await openStream(constraints);
  const node = new MediaStreamAudioSourceNode(context, { mediaStream: stream });
  tap.begin();
  node.connect(tap.node);
  const tracks = stream.getAudioTracks();
  for (const track of tracks) track.addEventListener("ended", onUnplugged, { once: true });
  const settings: MediaTrackSettings & { readonly latency?: number } = tracks[0]?.getSettings() ?? {};
  const since = context.currentTime;
  return {
    duration: Number.POSITIVE_INFINITY,
    rate: settings.sampleRate ?? context.sampleRate,
    startTime: since,
    since,
    delay: null,
    stream,
    latency: settings.latency ?? 0,
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
