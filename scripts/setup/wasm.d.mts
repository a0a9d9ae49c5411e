import type { Plugin } from "vite";

export function wasm(): Plugin;
