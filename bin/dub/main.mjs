import { existsSync, readFileSync } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { openBrowser } from "./browser.mjs";
import { EXIT, Failure } from "./failure.mjs";
import { HELP, readOptions } from "./options.mjs";
import { pageFolder, root } from "./page.mjs";
import { createReport, told } from "./report.mjs";
import { serve } from "./server.mjs";

/** @returns the exit code. */
export async function main(args) {
  try {
    const options = readOptions(args);
    if (options.show === "help") process.stdout.write(HELP);
    else if (options.show === "version")
      console.log(JSON.parse(readFileSync(join(root, "package.json"))).version);
    else return await dubAll(options);
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    process.stderr.write(`lipsplat-dub: ${told(error)}\n`);
    return error.exit ?? EXIT.failed;
  }
}

/** The models that come along: as the trainer leaves them in a checkout, as the element takes them in the package. */
const models = join(root, "public/models");
const shipped = existsSync(models)
  ? { avatar: join(models, "default"), speech: join(models, "speech") }
  : { avatar: join(root, "lib/default.lipsplat"), speech: join(root, "lib") };

async function dubAll(options) {
  const { jobs, avatar, speech, force } = options;
  const bundle = avatar ?? shipped.avatar;
  /** First part of its address. */
  const place = bundle.endsWith(".lipsplat") ? "avatar.lipsplat" : "avatar";
  const report = createReport(options, jobs.length);
  const interruption = onInterrupt();
  let server;
  let browser;
  let failed = 0;
  try {
    for (const [index, job] of jobs.entries()) {
      try {
        if (!(await isWanted(job, force))) {
          report.end(index, job, "skipped");
          continue;
        }
        report.begin(index, job);
        server ??= await serve({
          page: await pageFolder(),
          models: { [place]: bundle, speech: speech ?? shipped.speech },
        });
        browser ??= await interruption.race(openBrowser(server.address, options));
        const made = await interruption.race(dubOne(index, job));
        report.end(index, job, "made", made);
      } catch (cause) {
        const failure = asFailure(cause);
        if (failure.exit === EXIT.interrupted) throw failure;
        failed++;
        report.end(index, job, "failed", { failure });
        if (failure.exit !== undefined) return failure.exit;
        // The next one gets a browser of its own.
        await browser?.close();
        browser = undefined;
      }
    }
  } finally {
    interruption.stop();
    await browser?.close();
    server?.close();
  }
  return failed > 0 ? EXIT.failed : EXIT.ok;

  async function dubOne(index, job) {
    const began = performance.now();
    const { background, video } = options;
    const fps = video.fps ?? 25;
    const part = `${job.output}.${hostname()}-${process.pid}.part`;
    await mkdir(dirname(job.output), { recursive: true });
    const file = await open(part, "w");
    let frames = 0;
    try {
      const captions = job.captions && (await readFile(job.captions, "utf8"));
      await interruption.race(
        browser.render(
          {
            ...video,
            avatarUrl: `/${place}`,
            ...(background && { background }),
            ...(captions && { captions }),
          },
          {
            sound: job.input,
            image: background?.image,
            write: (bytes, position) => writeAll(file, bytes, position),
            onProgress(progress) {
              frames = progress.done;
              const elapsed = (performance.now() - began) / 1000;
              report.progress(index, job, progress, frames / fps / elapsed);
            },
          },
        ),
      );
      await file.sync();
      await file.close();
      await rename(part, job.output);
    } catch (cause) {
      await file.close().catch(() => undefined);
      await rm(part, { force: true });
      throw cause;
    }
    return { seconds: frames / fps, elapsed: (performance.now() - began) / 1000 };
  }
}

/** A disk that is almost full takes a part and says nothing. */
async function writeAll(file, bytes, position) {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}

/** Whether a video is to be made: not where a newer one than its recording lies. */
async function isWanted({ input, output }, force) {
  const recording = await stat(input).catch((cause) => {
    throw new Failure("audio-unreachable", `${input} cannot be read (${cause.code}).`, "Check the name.");
  });
  if (!recording.isFile())
    throw new Failure(
      "not-audio",
      `${input} is no file.`,
      "Name a recording, or a pattern such as 'FOLDER/*.wav'.",
    );
  if (force) return true;
  const video = await stat(output).catch(() => undefined);
  return !video || video.mtimeMs < recording.mtimeMs;
}

/** An unforeseen error of the file system or the browser, told like the others. */
function asFailure(cause) {
  if (cause instanceof Failure) return cause;
  if (cause?.code === "ENOSPC" || cause?.code === "EDQUOT")
    return new Failure(
      "disk-full",
      "There is no room left for the video.",
      "Free some space, then try again.",
      EXIT.machine,
    );
  return new Failure(
    "export-failed",
    `The video could not be made: ${cause?.message ?? cause}.`,
    "Try it again.",
  );
}

/** Ctrl+C and the end of a job's time: what is under way is dropped, what is done stays. */
function onInterrupt() {
  const interrupted = new Failure(
    "interrupted",
    "Interrupted.",
    "The same command again goes on.",
    EXIT.interrupted,
  );
  let reject;
  const promise = new Promise((_, refuse) => {
    reject = () => refuse(interrupted);
  });
  promise.catch(() => undefined);
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, reject);
  return {
    race: (work) => Promise.race([work, promise]),
    stop() {
      for (const signal of ["SIGINT", "SIGTERM"]) process.off(signal, reject);
    },
  };
}
