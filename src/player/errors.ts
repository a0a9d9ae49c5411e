/** What can go wrong, one code each. `no-webgpu`, `gpu-too-small` and `torso-undecodable` are notices: the player plays on. */
export type LipsplatErrorCode =
  | "not-audio"
  | "empty-audio"
  | "too-long"
  | "decode-aborted"
  | "audio-unreachable"
  | "bundle-unreachable"
  | "bundle-corrupt"
  | "bundle-newer"
  | "avatar-too-large"
  | "no-webgpu"
  | "gpu-too-small"
  | "no-audio-worklet"
  | "sound-blocked"
  | "bad-sound"
  | "device-lost"
  | "torso-undecodable"
  | "microphone-denied"
  | "microphone-missing"
  | "microphone-unplugged"
  | "worker-died"
  | "bad-option"
  | "no-matte"
  | "not-ready"
  | "disposed"
  | "no-video-encoder"
  | "disk-full"
  | "export-cancelled"
  | "export-failed"
  | "embed-refused"
  | "embed-newer"
  | "embed-unreachable"
  | "frame-forbidden";

/** [recoverable, what happened in one sentence, what to do]; `%` in the sentence is replaced by the detail. */
const TEXT: Record<LipsplatErrorCode, readonly [boolean, string, string]> = {
  "not-audio": [
    true,
    "This file holds no sound that the browser can decode.",
    "Choose a wav, mp3, flac, ogg, m4a or mp4 file.",
  ],
  "empty-audio": [
    true,
    "This file holds no sound: it is empty.",
    "Choose a file with at least a tenth of a second of sound.",
  ],
  "too-long": [
    true,
    "This sound is longer than 15 minutes.",
    "Cut it into shorter pieces and play them one by one.",
  ],
  "decode-aborted": [true, "Reading the file was cancelled.", "Choose a file to play."],
  "audio-unreachable": [
    true,
    "The sound could not be fetched: %",
    "Check the address and the network, then try again.",
  ],
  "bundle-unreachable": [
    false,
    "The avatar or speech model could not be fetched: %",
    "Check the address and the network, then reload the page.",
  ],
  "bundle-corrupt": [
    false,
    "The avatar or speech model is damaged: %",
    "Reload the page; if it stays, export the bundle again.",
  ],
  "bundle-newer": [
    false,
    "The avatar or speech model is of a newer format: %",
    "Use a newer lipsplat, or export the bundle again with the trainer of this one.",
  ],
  "avatar-too-large": [
    false,
    "The avatar is too large for the memory of this machine: %",
    "Close other pages and reload, or use an avatar with fewer Gaussians.",
  ],
  "no-webgpu": [
    true,
    "This browser offers no WebGPU, so the head is drawn on the CPU.",
    "It plays on, slower; use a recent Chrome, Edge, Safari or Firefox for full speed.",
  ],
  "gpu-too-small": [
    true,
    "The avatar is too large for this graphics card, so the head is drawn on the CPU: %",
    "It plays on, slower; use an avatar with fewer Gaussians or another graphics card for full speed.",
  ],
  "no-audio-worklet": [
    true,
    "This browser cannot listen to sound here: it has no AudioWorklet.",
    "Open the page over https (or localhost) in a recent browser.",
  ],
  "sound-blocked": [
    true,
    "The browser holds all sound back until you use the page.",
    "Click anywhere on the page, then play again.",
  ],
  "bad-sound": [
    true,
    "This sound cannot be taken: %",
    "Hand over Int16Array or Float32Array samples of one channel and their rate in Hz.",
  ],
  "device-lost": [
    true,
    "The graphics device was lost.",
    "The head is being set up again on a new one; if it stays still, reload the page.",
  ],
  "torso-undecodable": [
    true,
    "The avatar's background video cannot be decoded here.",
    "The head plays over a still picture; use a browser that decodes H.264.",
  ],
  "microphone-denied": [
    true,
    "The microphone was refused.",
    "Allow the microphone in the browser's address bar, then press the button again.",
  ],
  "microphone-missing": [true, "No microphone was found.", "Plug one in, then press the button again."],
  "microphone-unplugged": [
    true,
    "The microphone was unplugged or taken away.",
    "Plug it in again, then press the button again.",
  ],
  "worker-died": [
    true,
    "A part of the player stopped: %",
    "It has been started again; if this repeats, reload the page.",
  ],
  "bad-option": [true, "This cannot be done: %", "Change the option that is named, then try again."],
  "no-matte": [
    true,
    "This avatar stands before its own background only: its bundle has no matte.",
    'Leave the background at "avatar", or write the bundle again with the trainer of this version.',
  ],
  "not-ready": [
    true,
    "The head is not there yet: %",
    "Put the element into the page and wait for its canplay event.",
  ],
  disposed: [false, "This head was disposed of.", "Make another element."],
  "no-video-encoder": [
    true,
    "This browser cannot encode %",
    "Choose the other format (mp4 or webm) or a smaller size, or use a recent Chrome, Edge or Safari.",
  ],
  "disk-full": [
    true,
    "There is no room left for the video.",
    "Free some space or choose another place, then save it again.",
  ],
  "export-cancelled": [
    true,
    "Saving the video was cancelled.",
    "Nothing was kept; save it again at any time.",
  ],
  "export-failed": [
    true,
    "The video could not be made: %",
    "Try again; if it stays, choose a smaller size or the other format.",
  ],
  "embed-refused": [
    false,
    "The embedded head does not talk to this page: %",
    "Ask its host to allow this page's origin.",
  ],
  "embed-newer": [
    false,
    "The page and the embedded head do not speak the same version: %",
    "Use the client that belongs to that embed.html, or ask its host to update it.",
  ],
  "embed-unreachable": [
    true,
    "The embedded head does not answer: %",
    "Check the address of the frame and that its host may be framed here, then try again.",
  ],
  "frame-forbidden": [
    true,
    "The frame around this head withholds: %",
    'Write allow="microphone; autoplay; fullscreen" on the <iframe> (with the frame\'s own origin after each word if it redirects), and check that a content system has not removed it.',
  ],
};

/** Every failure the player reports: `message` is one plain sentence, `hint` says what to do. */
export class LipsplatError extends Error {
  override readonly name = "LipsplatError";
  readonly code: LipsplatErrorCode;
  /** True where the player goes on working without a reload. */
  readonly recoverable: boolean;
  readonly hint: string;
  /** What filled the sentence's blank. */
  readonly detail: string;

  constructor(code: LipsplatErrorCode, detail = "", options?: ErrorOptions) {
    const [recoverable, sentence, hint] = TEXT[code];
    super(sentence.replace("%", detail), options);
    this.code = code;
    this.recoverable = recoverable;
    this.hint = hint;
    this.detail = detail;
  }
}

/** What was thrown where it is one of ours, else told as `code`. */
export const toLipsplatError = (cause: unknown, code: LipsplatErrorCode): LipsplatError =>
  cause instanceof LipsplatError ? cause : new LipsplatError(code, `${cause}.`, { cause });

/** A `LipsplatError` as it crosses between threads: structured clone drops an error's own fields. */
export interface ErrorRecord {
  readonly code: LipsplatErrorCode;
  readonly detail: string;
}

export const toRecord = ({ code, detail }: LipsplatError): ErrorRecord => ({ code, detail });

export const fromRecord = ({ code, detail }: ErrorRecord): LipsplatError => new LipsplatError(code, detail);
