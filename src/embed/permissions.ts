import { LipsplatError } from "../player/errors";

export type Feature = "microphone" | "autoplay" | "fullscreen";

/** Not in TypeScript's libraries: Chromium's, elsewhere absent. */
interface FeaturePolicy {
  allowsFeature(feature: Feature): boolean;
}

/** Whether the frame around this page is known to withhold a feature. False where the browser does not tell. */
export function isWithheld(feature: Feature): boolean {
  const { featurePolicy } = document as Document & { featurePolicy?: FeaturePolicy };
  return featurePolicy !== undefined && !featurePolicy.allowsFeature(feature);
}

/** What the frame withholds is told as that, not as a refusal of the viewer's. */
export function explain(error: LipsplatError): LipsplatError {
  const feature =
    error.code === "microphone-denied"
      ? "microphone"
      : error.code === "sound-blocked"
        ? "autoplay"
        : undefined;
  if (!feature || !isWithheld(feature)) return error;
  return new LipsplatError("frame-forbidden", `${feature}.`, { cause: error });
}

/** Whether an `<iframe>` of another origin passes a feature on, as its `allow` says. */
export function passesOn(iframe: HTMLIFrameElement, origin: string, feature: Feature): boolean {
  const policies = iframe.allow.split(";").map((policy) => policy.trim().split(/\s+/));
  return (
    origin === location.origin || policies.some(([name, first]) => name === feature && first !== "'none'")
  );
}
