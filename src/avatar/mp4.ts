/** One coded frame. */
export interface Mp4Sample {
  /** Where it lies in the file, bytes. */
  readonly at: number;
  readonly bytes: number;
  /** Decoding can begin here. */
  readonly key: boolean;
  /** Its place in the order in which frames are shown. */
  readonly frame: number;
}

export interface Mp4Video {
  readonly config: VideoDecoderConfig;
  /** In the order of decoding. */
  readonly samples: readonly Mp4Sample[];
}

/** A box of ISO/IEC 14496-12: what is in it, without its head. */
interface Box {
  readonly type: string;
  readonly from: number;
  readonly to: number;
}

/** Heads of the boxes of a visual sample entry, and of an `stsd`. */
const VISUAL_ENTRY = 78;
const ENTRIES = 8;

/**
 * The H.264 track of a torso video, by its table of samples: what the trainer writes, and any other muxer whose table stands
 * in `moov`; not fragments, nor other codecs.
 * @throws where the bytes are anything else.
 */
export function readMp4(data: ArrayBuffer): Mp4Video {
  const view = new DataView(data);
  const u32 = (at: number) => view.getUint32(at);
  const text = (at: number) => String.fromCharCode(...new Uint8Array(data, at, 4));

  function boxes(from: number, to: number): Box[] {
    const found: Box[] = [];
    for (let at = from; at + 8 <= to; ) {
      const size = u32(at);
      const head = size === 1 ? 16 : 8;
      const end = size === 0 ? to : at + (size === 1 ? Number(view.getBigUint64(at + 8)) : size);
      if (end < at + head || end > to) throw new Error("a box of the video ends outside of it");
      found.push({ type: text(at + 4), from: at + head, to: end });
      at = end;
    }
    return found;
  }

  /** The first box by this path. */
  function find(inside: Box, ...path: readonly string[]): Box | undefined {
    let box: Box | undefined = inside;
    for (const type of path) box = box && boxes(box.from, box.to).find((child) => child.type === type);
    return box;
  }

  function need(inside: Box, type: string): Box {
    const box = find(inside, type);
    if (!box) throw new Error(`the video has no ${type}`);
    return box;
  }

  /** The rows of a table: `count` of them from byte `start` on, `width` bytes each. */
  function rows({ from, to }: Box, width: number, start = 8): number[] {
    const count = u32(from + start - 4);
    if (from + start + count * width > to) throw new Error("a table of the video is longer than its box");
    return Array.from({ length: count }, (_, i) => from + start + i * width);
  }

  /** A value for each sample, from runs of [count, value]. */
  function runs(table: Box | undefined, count: number): number[] {
    const values: number[] = [];
    for (const row of table ? rows(table, 8) : []) {
      for (let left = u32(row); left > 0 && values.length < count; left--)
        values.push(view.getInt32(row + 4));
    }
    return values;
  }

  const file: Box = { type: "", from: 0, to: data.byteLength };
  const moov = need(file, "moov");
  const track = boxes(moov.from, moov.to).find((box) => {
    const handler = find(box, "mdia", "hdlr");
    return box.type === "trak" && handler && text(handler.from + 8) === "vide";
  });
  const table = track && find(track, "mdia", "minf", "stbl");
  if (!table) throw new Error("there is no video track");

  const { from, to } = need(table, "stsd");
  const [entry] = boxes(from + ENTRIES, to);
  if (entry?.type !== "avc1" && entry?.type !== "avc3") throw new Error("the video is not H.264");
  const avcC = need({ ...entry, from: entry.from + VISUAL_ENTRY }, "avcC");
  const description = new Uint8Array(data, avcC.from, avcC.to - avcC.from);
  const profile = Array.from(description.subarray(1, 4), (byte) => byte.toString(16).padStart(2, "0"));
  const config: VideoDecoderConfig = {
    codec: `${entry.type}.${profile.join("")}`,
    codedWidth: view.getUint16(entry.from + 24),
    codedHeight: view.getUint16(entry.from + 26),
    description,
    // Frames are asked for one by one: none is to wait for the next.
    optimizeForLatency: true,
  };

  const stsz = need(table, "stsz");
  const same = u32(stsz.from + 4);
  const sizes = same
    ? Array.from({ length: Math.min(u32(stsz.from + 8), data.byteLength) }, () => same)
    : rows(stsz, 4, 12).map(u32);

  const co64 = find(table, "co64");
  const chunks = co64
    ? rows(co64, 8).map((row) => Number(view.getBigUint64(row)))
    : rows(need(table, "stco"), 4).map(u32);
  const places: number[] = [];
  const groups = rows(need(table, "stsc"), 12).map((row) => ({ first: u32(row) - 1, samples: u32(row + 4) }));
  groups.forEach(({ first, samples }, i) => {
    for (const chunk of chunks.slice(first, groups[i + 1]?.first)) {
      let at = chunk;
      for (let left = samples; left > 0 && places.length < sizes.length; left--) {
        const bytes = sizes[places.length] ?? 0;
        if (at + bytes > data.byteLength) throw new Error("a frame of the video lies outside of it");
        places.push(at);
        at += bytes;
      }
    }
  });

  const durations = runs(need(table, "stts"), places.length);
  const shifts = runs(find(table, "ctts"), places.length);
  let time = 0;
  const shown = places.map((_, i) => {
    const at = time + (shifts[i] ?? 0);
    time += durations[i] ?? 0;
    return at;
  });
  const frames = new Array<number>(places.length);
  const order = places.map((_, i) => i).sort((a, b) => (shown[a] ?? 0) - (shown[b] ?? 0));
  order.forEach((sample, frame) => {
    frames[sample] = frame;
  });

  const stss = find(table, "stss");
  const keys = stss && new Set(rows(stss, 4).map((row) => u32(row) - 1));
  const samples = places.map((at, i) => ({
    at,
    bytes: sizes[i] ?? 0,
    key: keys?.has(i) ?? true,
    frame: frames[i] ?? i,
  }));
  return { config, samples };
}
