/** Importing the package on a server must not throw: an empty class stands in for the one that only browsers have. */
export const ElementBase = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;
