import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { compressAvatar, packAvatar } from "../../src/avatar/container";
import { describeAvatar } from "../../src/avatar/describe";
import { loadAvatar } from "../../src/avatar/load";
import { defaultAvatarFile } from "../models";
import { COUNT, describeFile, makeFiles, makeManifest } from "./bundle-fixture";

/** Large enough to come in many pieces, and to be put aside on the way. */
const TORSO_BYTES = 3 * 2 ** 20;

let files: Map<string, ArrayBuffer>;
/** Everything the server was asked for: path and range. */
let asked: string[];
/** Bytes after which the server hangs up, by path; once each. */
let breaks: Map<string, number>;
let knowsRanges: boolean;
let server: Server;
let host: string;
let stored: Map<string, ArrayBuffer>;

const folder = () => new URL("avatar/", host);
const file = () => new URL("avatar.lipsplat", host);
const ranges = (path: string) =>
  asked.filter((one) => one.startsWith(`${path} `)).map((one) => one.split(" ")[1]);

beforeEach(async () => {
  files = makeFiles();
  const torso = new Uint8Array(TORSO_BYTES);
  for (let i = 0; i < TORSO_BYTES; i++) torso[i] = (i * 7919) >> 5;
  files.set("torso.mp4", torso.buffer);
  asked = [];
  breaks = new Map();
  knowsRanges = true;
  stored = new Map();
  const site = new Map<string, Uint8Array>([["avatar/avatar.json", manifestBytes()]]);
  for (const [name, data] of files) site.set(`avatar/${name}`, new Uint8Array(data));
  const packed = await packAvatar(manifestText(), readFile);
  site.set("avatar.lipsplat", new Uint8Array(await packed.arrayBuffer()));
  server = createServer((request, response) => {
    const path = (request.url ?? "").slice(1);
    asked.push(`${path} ${request.headers.range ?? "whole"}`);
    const data = site.get(path);
    if (!data) return void response.writeHead(404).end();
    const [, first, last] = /bytes=(\d+)-(\d*)/.exec((knowsRanges && request.headers.range) || "") ?? [];
    const from = Number(first ?? 0);
    const to = last ? Math.min(Number(last) + 1, data.length) : data.length;
    response.writeHead(first === undefined ? 200 : 206, {
      "content-length": to - from,
      ...(first !== undefined && { "content-range": `bytes ${from}-${to - 1}/${data.length}` }),
    });
    const broken = breaks.get(path);
    breaks.delete(path);
    if (broken === undefined) return void response.end(data.subarray(from, to));
    response.write(data.subarray(from, from + broken), () => setTimeout(() => response.destroy(), 50));
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  host = `http://localhost:${(server.address() as AddressInfo).port}/`;
  vi.stubGlobal("self", { location: { origin: new URL(host).origin } });
  vi.stubGlobal("caches", {
    open: async () => ({
      match: async (key: string) => (stored.has(key) ? new Response(stored.get(key)) : undefined),
      put: async (key: string, response: Response) => void stored.set(key, await response.arrayBuffer()),
      delete: async (key: string) => stored.delete(key),
    }),
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  server.closeAllConnections();
  server.close();
});

const manifestText = () => JSON.stringify(makeManifest(files));
const manifestBytes = () => new TextEncoder().encode(manifestText());
const readFile = async (name: string) => new Uint8Array(files.get(name) ?? new ArrayBuffer(0));

const isTorso = (data: ArrayBuffer) =>
  Buffer.from(data).equals(Buffer.from(files.get("torso.mp4") ?? new ArrayBuffer(0)));

async function load(url: URL) {
  const told: [number, number][] = [];
  const avatar = await loadAvatar(url, (loaded, total) => told.push([loaded, total]));
  return { avatar, told };
}

describe("a download that breaks in the middle", () => {
  it("goes on where it stood, each byte told once", async () => {
    breaks.set("avatar/torso.mp4", 1_000_000);
    const { avatar, told } = await load(folder());
    expect(isTorso(avatar.torso)).toBe(true);
    expect(ranges("avatar/torso.mp4")).toEqual(["whole", "bytes=1000000-"]);
    const [loaded, total] = told.at(-1) ?? [];
    expect(loaded).toBe(total);
  });

  it("goes on with a server that knows no ranges too", async () => {
    knowsRanges = false;
    breaks.set("avatar/torso.mp4", 1_000_000);
    const { avatar, told } = await load(folder());
    expect(isTorso(avatar.torso)).toBe(true);
    expect(told.at(-1)?.[0]).toBe(told.at(-1)?.[1]);
  });

  it("goes on in the next visit from what was put aside", async () => {
    const { sha256 } = describeFile("torso.mp4", files.get("torso.mp4") ?? new ArrayBuffer(0));
    const part = new URL(`/.lipsplat/${sha256}.part`, host).href;
    stored.set(part, (files.get("torso.mp4") ?? new ArrayBuffer(0)).slice(0, 2_000_000));
    const { avatar } = await load(folder());
    expect(isTorso(avatar.torso)).toBe(true);
    expect(ranges("avatar/torso.mp4")).toEqual(["bytes=2000000-"]);
    expect(stored.has(part), "the beginning is not kept beside the whole").toBe(false);
  });

  it("begins anew where what was put aside is of another version", async () => {
    const { sha256 } = describeFile("torso.mp4", files.get("torso.mp4") ?? new ArrayBuffer(0));
    stored.set(new URL(`/.lipsplat/${sha256}.part`, host).href, new ArrayBuffer(500_000));
    const { avatar, told } = await load(folder());
    expect(isTorso(avatar.torso)).toBe(true);
    expect(told.at(-1)?.[0]).toBe(told.at(-1)?.[1]);
  });

  it("leaves its beginning for the next visit while it is under way", async () => {
    const { sha256 } = describeFile("torso.mp4", files.get("torso.mp4") ?? new ArrayBuffer(0));
    breaks.set("avatar/torso.mp4", 2_500_000);
    const loading = load(folder());
    await vi.waitFor(() =>
      expect(stored.get(new URL(`/.lipsplat/${sha256}.part`, host).href)?.byteLength).toBeGreaterThan(
        2 ** 20,
      ),
    );
    await loading;
  });
});

it("what is in the cache is not asked for again", async () => {
  await load(folder());
  await vi.waitFor(() => expect(stored.size).toBe(5));
  asked = [];
  await load(folder());
  expect(asked).toEqual(["avatar/avatar.json whole"]);
});

it("a full disk costs nothing but the cache", async () => {
  vi.stubGlobal("caches", {
    open: async () => ({
      match: async () => undefined,
      put: () => Promise.reject(new DOMException("The quota is exceeded.", "QuotaExceededError")),
      delete: async () => false,
    }),
  });
  const { avatar } = await load(folder());
  expect(avatar.cloud.count).toBe(COUNT);
});

it("bytes are known before they are fetched, and what is here already", async () => {
  const { files: entries } = makeManifest(files);
  const bytes = Object.values(entries).reduce((sum, one) => sum + one.bytes, -entries.poster.bytes);
  expect(await describeAvatar(folder())).toMatchObject({ name: "Fixture", bytes, cachedBytes: 0 });
  await load(folder());
  await vi.waitFor(async () => expect((await describeAvatar(folder())).cachedBytes).toBe(bytes));
});

describe("a .lipsplat file", () => {
  it("on a server gives the same avatar as the folder, file by file", async () => {
    const { avatar, told } = await load(file());
    expect(isTorso(avatar.torso)).toBe(true);
    expect(new Uint8Array(await avatar.poster())).toEqual(await readFile("poster.webp"));
    expect(told.at(-1)?.[0]).toBe(told.at(-1)?.[1]);
    expect(told.at(-1)?.[1], "packed").toBeLessThan(TORSO_BYTES);
    asked = [];
    await vi.waitFor(() => expect(stored.size).toBe(6));
    await load(file());
    expect(asked, "the second time only its beginning").toEqual(["avatar.lipsplat bytes=0-16383"]);
  });

  it("on a server that knows no ranges is fetched whole, once", async () => {
    knowsRanges = false;
    const { avatar } = await load(file());
    expect(avatar.cloud.count).toBe(COUNT);
    expect(asked).toHaveLength(1);
  });

  it("that was opened on this machine is read without a network", async () => {
    const blob = await packAvatar(manifestText(), readFile);
    const url = new URL(URL.createObjectURL(blob));
    server.close();
    const { avatar } = await load(url);
    expect(isTorso(avatar.torso)).toBe(true);
  });

  const opened = async (change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>) => {
    const blob = await packAvatar(manifestText(), readFile);
    const bytes = change(new Uint8Array(await blob.arrayBuffer()));
    return load(new URL(URL.createObjectURL(new Blob([bytes]))));
  };

  it.each<[string, string, RegExp, (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>]>([
    ["cut short", "bundle-corrupt", /has \d+ bytes, not \d+/, (b) => b.slice(0, -1)],
    ["with bytes to spare", "bundle-corrupt", /bytes, not/, (b) => new Uint8Array([...b, 0])],
    ["cut within its manifest", "bundle-corrupt", /within its manifest/, (b) => b.slice(0, 200)],
    ["that is a picture", "bundle-corrupt", /no \.lipsplat file/, (b) => b.slice(100)],
    ["that is empty", "bundle-corrupt", /no \.lipsplat file/, () => new Uint8Array(0)],
    ["of a newer version", "bundle-newer", /version 2/, (b) => b.fill(2, 8, 9)],
    [
      "with a changed byte",
      "bundle-corrupt",
      /poster|mask|torso|motion|deform|gaussians/,
      (b) => b.fill(77, -40, -36),
    ],
    ["with a manifest of gigabytes", "bundle-corrupt", /manifest cannot be/, (b) => b.fill(255, 12, 16)],
  ])("%s is refused", async (_, code, message, change) => {
    const failure = opened(change).then(({ avatar }) => avatar.poster());
    await expect(failure).rejects.toMatchObject({ code, message });
  });

  it("is not made of a damaged folder", async () => {
    const text = manifestText();
    files.set("motion.bin", new ArrayBuffer(8));
    await expect(packAvatar(text, readFile)).rejects.toMatchObject({
      code: "bundle-corrupt",
      message: /motion\.bin is not the one/,
    });
  });
});

it("packed, the default avatar's codec is still the one for its motion", async () => {
  const text = new TextDecoder().decode(defaultAvatarFile("avatar.json"));
  const packed = await compressAvatar(text, async (name) => new Uint8Array(defaultAvatarFile(name)));
  const { files, codec } = JSON.parse(packed.manifest);
  expect(files.motion.encoding).toBe("gzip");
  expect(codec.motion).toBe(files.motion.sha256);
});
