/** What answers sounds the avatar was never trained on, each to be switched off to see what it does. */
export interface Modules {
  /** Brows, lids, gaze, smile and nods by the voice; off: the capture's own, in a loop. */
  readonly generator: boolean;
  /** Maps what the generator makes into what this avatar has shown. */
  readonly codec: boolean;
  /** Paints what is missing between jaw and neck. */
  readonly restorer: boolean;
}

export const ALL_MODULES: Modules = { generator: true, codec: true, restorer: true };

/** @returns what is wrong with a record of switches, naming the field; undefined where nothing is. */
export function amissModules(wanted: unknown): string | undefined {
  if (typeof wanted !== "object" || wanted === null) return "modules is a record of switches.";
  for (const [name, on] of Object.entries(wanted)) {
    if (!(name in ALL_MODULES)) {
      return `there is no modules.${name}; there are ${Object.keys(ALL_MODULES).join(", ")}.`;
    }
    if (typeof on !== "boolean") return `modules.${name} is true or false, not ${String(on)}.`;
  }
  return undefined;
}
