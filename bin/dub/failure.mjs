/** Exit codes of the command, as its help and docs/dub-batch.md tell them. */
export const EXIT = { ok: 0, failed: 1, usage: 2, machine: 3, interrupted: 130 };

/** A failure in the shape of the player's own: `message` is one sentence, `hint` says what to do. */
export class Failure extends Error {
  /** @param exit what the command ends with where nothing else can be done; undefined: only this file failed. */
  constructor(code, message, hint, exit) {
    super(message);
    this.name = "Failure";
    this.code = code;
    this.hint = hint;
    this.exit = exit;
  }
}

export const usage = (message, hint = "See lipsplat-dub --help.") =>
  new Failure("bad-usage", message, hint, EXIT.usage);

/** Failures of the player that no other file on this machine would escape, and what the command ends with. */
const FINAL = {
  "bad-option": EXIT.usage,
  "no-matte": EXIT.usage,
  "bundle-unreachable": EXIT.machine,
  "bundle-corrupt": EXIT.machine,
  "bundle-newer": EXIT.machine,
  "avatar-too-large": EXIT.machine,
  "no-video-encoder": EXIT.machine,
  "disk-full": EXIT.machine,
};

/** The player's own failure, as the page told it. */
export const fromPage = ({ code, message, hint }) => new Failure(code, message, hint, FINAL[code]);
