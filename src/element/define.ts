import { LipSplatElement } from "./lip-splat";

// On a server there is nothing to register with; a second copy of the package leaves the first one's element alone.
if (globalThis.customElements && !customElements.get("lip-splat"))
  customElements.define("lip-splat", LipSplatElement);

export * from "./index";
