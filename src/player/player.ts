import type { Player, PlayerOptions } from "./types";

export type { Conditions } from "../motion/conditions";
export { LipsplatError, type LipsplatErrorCode } from "./errors";
export type { Player, PlayerMetrics, PlayerOptions, PlayerProgress, PlayerState } from "./types";

/** Resolves when the first live frame is on the canvas; rejects with a `LipsplatError`. */
export function createPlayer(_options: PlayerOptions): Promise<Player> {
  return Promise.reject(new Error("not built yet"));
}
