import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, extname, join, parse, resolve } from "node:path";
import { parseArgs } from "node:util";
import { usage } from "./failure.mjs";

export const HELP = `lipsplat-dub SOUND… -o VIDEO|DIR [options]

Renders recordings (wav, mp3, flac, ogg, m4a, mp4, …) into videos of a talking head, without a display.
Every frame is drawn for its exact time and streamed to disk; the machine's own Chromium does the work.

  -o, --output PATH     the video; a folder where there are several recordings (made if missing)
  --list FILE           also takes the recordings named in FILE, one a line; - reads standard input
  --avatar PATH         avatar bundle: a folder (holds avatar.json) or a .lipsplat file; the one that comes with lipsplat by default
  --speech DIR          speech model (holds speech.json); likewise
  --size PIXELS         256 to 1080, the picture's shorter side; the avatar's own by default
  --fps 25|30|60        frames a second; 25 by default
  --format mp4|webm     by the name of the output, else mp4. H.264 and AAC, or VP9 and Opus
  --bitrate BITS        bits a second of the picture
  --alpha               a transparent background (webm)
  --background WHAT     avatar (default), a CSS colour, or a picture file
  --mood NAME           of the face: neutral (default), happy, sad, serious, surprised; its lips follow the sound
  --seed N              another number gives another performance of the same sound; 1 by default
  --without PARTS       leaves out some of generator,codec,restorer: what makes the face more than its capture
  --captions PATH       WebVTT file for one recording; a folder with NAME.vtt for several
  --caption-track       adds the captions as a text track (VLC shows it) instead of drawing them into the picture
  --renderer WHAT       auto (default), cpu or webgpu
  --chromium PATH       the browser; also LIPSPLAT_CHROMIUM. By default what is on the PATH
  --force               renders what is there already, too
  --json                one JSON object a recording on standard output, instead of the video's path
  --quiet               no progress on standard error
  --version, --help

A video that is there and newer than its recording is skipped: the same command again goes on where it stopped.
Videos appear under their name when they are complete; until then they are NAME.….part beside it.

Exit codes: 0 all videos are there; 1 some recordings failed; 2 wrong usage; 3 this machine cannot
(no Chromium, no encoder, damaged avatar, disk full): try another; 130 interrupted.
`;

const FLAGS = {
  output: { type: "string", short: "o" },
  list: { type: "string" },
  avatar: { type: "string" },
  speech: { type: "string" },
  size: { type: "string" },
  fps: { type: "string" },
  format: { type: "string" },
  bitrate: { type: "string" },
  alpha: { type: "boolean", default: false },
  background: { type: "string" },
  mood: { type: "string" },
  seed: { type: "string" },
  without: { type: "string" },
  captions: { type: "string" },
  "caption-track": { type: "boolean", default: false },
  renderer: { type: "string", default: "auto" },
  chromium: { type: "string" },
  force: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  quiet: { type: "boolean", default: false },
  version: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
};

const FORMATS = ["mp4", "webm"];

/**
 * @returns null where help or version is wanted, else what is to be done; `jobs` are { input, output, captions? }.
 * @throws Failure `bad-usage`, naming the option.
 */
export function readOptions(args) {
  let parsed;
  try {
    parsed = parseArgs({ args, options: FLAGS, allowPositionals: true });
  } catch (error) {
    throw usage(`${error.message.split("\n")[0]}`);
  }
  const { values, positionals } = parsed;
  if (values.help || values.version) return { show: values.help ? "help" : "version" };
  const inputs = [...positionals.flatMap(expand), ...listed(values.list)];
  if (inputs.length === 0) throw usage("No recording is given.");
  if (values.output === undefined) throw usage("No output is given.", "Add -o VIDEO, or -o DIR for several.");
  const toFolder = inputs.length > 1 || values.output.endsWith("/") || isFolder(values.output);
  const format = formatOf(values, toFolder);
  const jobs = inputs.map((input) => ({
    input,
    output: resolve(toFolder ? join(values.output, `${parse(input).name}.${format}`) : values.output),
    captions: captionsOf(values, input, inputs.length),
  }));
  refuseClashes(jobs);
  for (const name of ["avatar", "speech"]) {
    const path = values[name];
    const whole = name === "avatar" && path?.endsWith(".lipsplat");
    if (whole && !existsSync(path)) throw usage(`--avatar ${path}: there is no such file.`);
    if (path !== undefined && !whole && !existsSync(join(path, `${name}.json`)))
      throw usage(`--${name} ${path}: there is no ${name}.json in it.`);
  }
  const { avatar, speech, renderer, chromium, force, json, quiet } = values;
  return {
    jobs,
    avatar: avatar && resolve(avatar),
    speech: speech && resolve(speech),
    chromium,
    force,
    json,
    quiet,
    renderer: oneOf("renderer", renderer, ["auto", "cpu", "webgpu"]),
    background: backgroundOf(values.background),
    video: {
      format,
      alpha: values.alpha,
      ...(values.mood !== undefined && { mood: values.mood }),
      ...(values.without !== undefined && {
        modules: Object.fromEntries(values.without.split(",").map((name) => [name, false])),
      }),
      captionsAs: values["caption-track"] ? "track" : "picture",
      ...numbers(values),
    },
  };
}

/** A pattern that no shell has expanded: * and ? in the last part. */
function expand(argument) {
  const name = basename(argument);
  if (!/[*?]/.test(name) || existsSync(argument)) return [argument];
  const pattern = new RegExp(
    `^${name
      .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
  );
  const folder = dirname(argument);
  const found = isFolder(folder) ? readdirSync(folder).filter((file) => pattern.test(file)) : [];
  if (found.length === 0)
    throw usage(`${argument}: there is no such recording.`, "Check the folder and pattern.");
  return found.sort().map((file) => join(folder, file));
}

function listed(file) {
  if (file === undefined) return [];
  try {
    const text = readFileSync(file === "-" ? 0 : file, "utf8");
    return text.split(/\r?\n/).filter((line) => line.trim() !== "");
  } catch (error) {
    throw usage(`--list ${file} cannot be read (${error.code}).`);
  }
}

function formatOf({ format, output, alpha }, toFolder) {
  const named = toFolder ? "" : extname(output).slice(1).toLowerCase();
  const wanted = format ?? (named || (alpha ? "webm" : "mp4"));
  oneOf(format === undefined && named ? "output" : "format", wanted, FORMATS);
  if (alpha && wanted !== "webm")
    throw usage(
      "--alpha needs webm: mp4 has no transparency.",
      "Add --format webm, or name the output .webm.",
    );
  if (named && named !== wanted) throw usage(`--format ${wanted} and the name ${output} disagree.`);
  return wanted;
}

function captionsOf({ captions }, input, count) {
  if (captions === undefined) return undefined;
  if (!isFolder(captions)) {
    if (count > 1)
      throw usage("--captions names one file for several recordings.", "Give a folder with NAME.vtt.");
    if (!existsSync(captions)) throw usage(`--captions ${captions}: there is no such file.`);
    return resolve(captions);
  }
  const own = join(captions, `${parse(input).name}.vtt`);
  return existsSync(own) ? resolve(own) : undefined;
}

function refuseClashes(jobs) {
  const from = new Map();
  for (const { input, output } of jobs) {
    if (resolve(input) === output) throw usage(`${input} would be overwritten by its own video.`);
    const other = from.get(output);
    if (other !== undefined) throw usage(`${other} and ${input} would both become ${output}.`);
    from.set(output, input);
  }
}

function backgroundOf(what) {
  if (what === undefined || what === "avatar" || what === "transparent") return what;
  return existsSync(what) ? { image: resolve(what) } : { color: what };
}

/** What is no number is told by the player, with the range. */
function numbers({ size, fps, bitrate, seed }) {
  const given = { size, fps, videoBitrate: bitrate, seed };
  return Object.fromEntries(
    Object.entries(given).flatMap(([key, text]) => {
      if (text === undefined) return [];
      if (!/^\d+$/.test(text))
        throw usage(`--${key === "videoBitrate" ? "bitrate" : key} ${text}: it must be a number.`);
      return [[key, Number(text)]];
    }),
  );
}

function oneOf(name, value, allowed) {
  if (!allowed.includes(value)) throw usage(`--${name} ${value}: it must be one of ${allowed.join(", ")}.`);
  return value;
}

const isFolder = (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
