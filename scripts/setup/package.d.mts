export const installed: string;

export function ensurePackage(): string;
