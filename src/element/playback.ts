import type { Player, PlayerState } from "../player/types";

const TIMEUPDATE_MS = 250;

export interface PlaybackOptions {
  /** Tells an event of a media element. */
  tell(type: "play" | "playing" | "pause" | "timeupdate" | "durationchange" | "ended"): void;
  player(): Player | null;
}

/** What a media element would say of itself, out of the player's states: whether it is paused or ended, where it is, how long. */
export function createPlayback({ tell, player }: PlaybackOptions) {
  let state: PlayerState = "loading";
  let paused = true;
  let duration = 0;
  /** Where it stands while nothing plays: at the end of what has ended, or where it was sent. */
  let resting = 0;
  let ended = false;
  /** Sources being opened or cut off: what becomes idle meanwhile has not come to its own end. */
  let cutting = 0;
  let ticker: ReturnType<typeof setInterval> | undefined;

  function update(): void {
    const sounds = state === "playing" || state === "listening";
    const pausedNow = !sounds && state !== "decoding";
    const durationNow = player()?.duration ?? 0;
    if ((sounds || state === "paused") && durationNow !== duration) {
      duration = durationNow;
      tell("durationchange");
    }
    clearInterval(ticker);
    if (sounds) ticker = setInterval(() => tell("timeupdate"), TIMEUPDATE_MS);
    if (pausedNow === paused) return;
    paused = pausedNow;
    tell(paused ? "pause" : "play");
  }

  return {
    get state() {
      return state;
    },
    get paused() {
      return paused;
    },
    get ended() {
      return ended;
    },
    get duration() {
      return duration;
    },
    get currentTime() {
      return state === "playing" || state === "listening" || state === "paused"
        ? (player()?.currentTime ?? 0)
        : resting;
    },
    /** Where the next playing begins, seconds. */
    get resting() {
      return ended ? 0 : resting;
    },
    /** While nothing plays. */
    rest(seconds: number): void {
      resting = Math.max(0, Math.min(duration || seconds, seconds));
      ended = false;
      tell("timeupdate");
    },
    /** Opens or cuts off a source: its end meanwhile is no `ended`. */
    async cut<T>(action: () => Promise<T> | T): Promise<T> {
      cutting++;
      try {
        return await action();
      } finally {
        cutting--;
      }
    },
    /** Another sound: what was known of the last one is over. */
    forget(): void {
      ended = false;
      resting = 0;
      duration = 0;
    },
    onState(next: PlayerState): void {
      const cameToEnd = state === "playing" && next === "idle" && cutting === 0;
      if (next === "playing" || next === "listening") ended = false;
      state = next;
      if (cameToEnd) {
        ended = true;
        resting = Number.isFinite(duration) ? duration : 0;
        tell("timeupdate");
      }
      update();
      if (next === "playing" || next === "listening") tell("playing");
      if (cameToEnd) tell("ended");
    },
    /** The head is let go. */
    stop(): void {
      clearInterval(ticker);
    },
  };
}

export type Playback = ReturnType<typeof createPlayback>;
