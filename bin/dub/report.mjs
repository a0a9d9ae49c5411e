import { relative } from "node:path";

/** Without a terminal a line is written at most so often, milliseconds. */
const QUIET_MS = 15_000;

/** Progress on standard error: one line that is rewritten on a terminal, now and then a line elsewhere. */
export function createReport({ quiet, json }, total) {
  const terminal = process.stderr.isTTY && !quiet;
  let last = 0;
  const say = (text) => {
    if (!quiet) process.stderr.write(`${terminal ? "\r\x1b[K" : ""}${text}\n`);
  };
  const place = (index) => `[${index + 1}/${total}]`;

  return {
    say,
    begin(index, { input }) {
      last = performance.now();
      if (terminal) process.stderr.write(`\r\x1b[K${place(index)} ${input}`);
      else if (total === 1) say(`${place(index)} ${input}`);
    },
    progress(index, { input }, { done, total: frames, secondsLeft }, speed) {
      const now = performance.now();
      if (quiet || (!terminal && now - last < QUIET_MS)) return;
      last = now;
      const share = frames > 0 ? `${Math.floor((100 * done) / frames)} %` : `${done} frames`;
      const left = secondsLeft === null ? "" : `, ${duration(secondsLeft)} left`;
      const line = `${place(index)} ${input}: ${share}, ${speed.toFixed(1)}×${left}`;
      process.stderr.write(terminal ? `\r\x1b[K${line}` : `${line}\n`);
    },
    /** @param status made, skipped or failed. */
    end(index, { input, output }, status, { failure, seconds, elapsed } = {}) {
      const path = relative("", output);
      if (json) {
        const { code, message, hint } = failure ?? {};
        console.log(JSON.stringify({ input, output, status, seconds, elapsed, code, message, hint }));
      } else if (!failure) {
        console.log(path);
      }
      if (status === "made")
        say(`${place(index)} ${path}: ${duration(seconds)} made in ${duration(elapsed)}`);
      else if (status === "skipped")
        say(`${place(index)} ${path} is there already (--force renders it again)`);
      // Failures are told even where progress is not.
      else process.stderr.write(`${terminal ? "\r\x1b[K" : ""}${place(index)} ${input}: ${told(failure)}\n`);
    },
  };
}

export const told = ({ code, message, hint }) => `${message} ${hint} (${code})`;

function duration(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) return `${seconds < 10 ? seconds.toFixed(1) : whole} s`;
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return parts
    .slice(parts[0] === 0 ? 1 : 0)
    .map((part, i) => (i === 0 ? part : String(part).padStart(2, "0")))
    .join(":");
}
