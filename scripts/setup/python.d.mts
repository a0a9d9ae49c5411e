/** The trainer's Python. */
export const python: string;
