export type { ExportProgress, ToDisk, VideoFormat, VideoOptions } from "../dub/types";
export type { ExpressionName, ExpressionWeights, NamedExpression } from "../motion/expression-names";
export type { Modules } from "../motion/modules";
export type { Mood } from "../motion/mood-names";
export { LipsplatError, type LipsplatErrorCode } from "../player/errors";
export type { LatencyMs, PlayerMetrics, PlayerProgress, PlayerState, SoundMetrics } from "../player/types";
export { LipSplatElement } from "./lip-splat";
export { setStrings } from "./strings";
export type { DubOptions, LipSplatEventMap, LookTarget, Quality, Strings } from "./types";
