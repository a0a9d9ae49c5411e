export const MOODS = ["neutral", "happy", "sad", "serious", "surprised"] as const;

export type Mood = (typeof MOODS)[number];

export const isMood = (name: unknown): name is Mood => MOODS.some((mood) => mood === name);
