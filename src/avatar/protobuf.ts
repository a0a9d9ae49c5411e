/** A field of a message: its number, and an integer or, for all that has a length, its bytes in place. */
export type Field = readonly [number: number, value: number | Uint8Array];

/** A place in a message that moves on as it is read. */
function createCursor(message: Uint8Array) {
  let at = 0;
  return {
    get ended() {
      return at >= message.length;
    },
    /** A signed integer of 64 bits. */
    varint(): number {
      let value = 0n;
      for (let shift = 0n; shift < 70n; shift += 7n) {
        const byte = message[at++] ?? 0x80;
        value |= BigInt(byte & 0x7f) << shift;
        if (byte < 0x80) return Number(BigInt.asIntN(64, value));
      }
      throw new RangeError("an integer has no end");
    },
    bytes(length: number): Uint8Array {
      const end = at + length;
      if (length < 0 || end > message.length) throw new RangeError("a field is longer than its message");
      const bytes = message.subarray(at, end);
      at = end;
      return bytes;
    },
  };
}

/** The fields of a protocol buffer's message, in order; those of a fixed size are passed over. @throws where it is none. */
export function* readFields(message: Uint8Array): Generator<Field, void> {
  const cursor = createCursor(message);
  while (!cursor.ended) {
    const tag = cursor.varint();
    const number = Math.floor(tag / 8);
    const kind = tag % 8;
    if (kind === 0) yield [number, cursor.varint()];
    else if (kind === 2) yield [number, cursor.bytes(cursor.varint())];
    else if (kind === 1 || kind === 5) cursor.bytes(kind === 1 ? 8 : 4);
    else throw new TypeError(`no field is of kind ${kind}`);
  }
}

/** @throws where the field is an integer. */
export function bytesOf(value: Field[1]): Uint8Array {
  if (typeof value === "number") throw new TypeError("an integer in the place of bytes");
  return value;
}

export const textOf = (value: Field[1]): string => new TextDecoder().decode(bytesOf(value));

/** Of a repeated field: the one, or all that are packed in its bytes. */
export function integersOf(value: Field[1]): number[] {
  if (typeof value === "number") return [value];
  const cursor = createCursor(value);
  const integers: number[] = [];
  while (!cursor.ended) integers.push(cursor.varint());
  return integers;
}
