import type { AvatarManifest } from "../avatar/schema";
import type { LipSplatElement } from "../element/lip-splat";
import type { Modules } from "../motion/modules";
import { make } from "./dom";

const SWITCHES = [
  ["generator", "Expression by the voice"],
  ["codec", "Held to this face"],
  ["restorer", "Jaw and neck repaired"],
] as const satisfies readonly (readonly [keyof Modules, string])[];

/** Switches of what makes the face more than its capture, to see what each does. */
export function createModules(head: LipSplatElement) {
  const root = make("fieldset", "", make("legend", "Taking part"));
  const inputs = new Map<keyof Modules, HTMLInputElement>();
  for (const [name, label] of SWITCHES) {
    const input = make("input");
    input.type = "checkbox";
    input.checked = head.modules[name];
    input.addEventListener("change", () => {
      head.modules = { [name]: input.checked };
    });
    const row = make("label", "", input, label);
    row.className = "switch";
    inputs.set(name, input);
    root.append(row);
  }
  return {
    root,
    /** What the head that is shown comes without cannot be switched. */
    offer(files: Partial<AvatarManifest["files"]>): void {
      for (const name of ["codec", "restorer"] as const) {
        const input = inputs.get(name);
        if (input) input.disabled = !(name in files);
      }
    },
  };
}
