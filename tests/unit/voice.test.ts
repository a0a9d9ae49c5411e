import { expect, it } from "vitest";
import { createVoiceActivity } from "../../src/speech/voice";

/** Features whose probability of silence is given. */
function listen(...silences: number[]) {
  const voice = createVoiceActivity(50, 2);
  return voice.push(10, Float32Array.from(silences.flatMap((silence) => [silence, 0])));
}
const times = (n: number, value: number) => Array<number>(n).fill(value);

it("speech begins with its first feature, and ends where a pause began that is no pause between words", () => {
  const changes = listen(
    ...times(5, 1),
    ...times(20, 0),
    ...times(10, 0.9),
    ...times(20, 0.1),
    ...times(30, 1),
  );
  expect(changes).toEqual([
    { index: 15, speaking: true },
    { index: 65, speaking: false },
  ]);
});

it("what is shorter than a syllable is no speech", () => {
  expect(listen(1, 1, 0, 0, 1, 1, 0, 1, 0, 0, 1)).toEqual([]);
});

it("a feature that is no number is silence", () => {
  expect(listen(...times(10, Number.NaN))).toEqual([]);
});
