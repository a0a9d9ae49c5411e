import type { Plugin } from "vite";
export function delivery(): Plugin;
