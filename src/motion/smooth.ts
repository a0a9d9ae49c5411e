/** 0 … 1 to 0 … 1, at rest at both ends. */
export const smooth = (x: number) => x * x * (3 - 2 * x);
