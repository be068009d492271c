// Look here if you want to know how bytes go as text, as `lion:host/types` describes it: the last character says what
// the rest is. `u`: the bytes themselves, which are UTF-8. `b`: base64, padded.

import { Error_ } from "./host/types";
import { concat } from "./concat";
import { Result } from "./values";

/** Text, at the price of a copy. */
export function fromText(text: string): string {
  return text + "u";
}

/** Bytes, as they are if they are UTF-8. */
export function fromBytes(bytes: Uint8Array): string {
  return isUtf8(bytes) ? decoded(bytes) + "u" : encode(bytes);
}

/** What is packed. `invalid` if it is not packed at all. */
export function toBytes(packed: string): Result<Uint8Array, Error_> {
  const rest = packed.substring(0, packed.length - 1);
  if (packed.endsWith("u")) return Result.ok<Uint8Array, Error_>(bytesOf(rest));
  if (!packed.endsWith("b")) return wrong<Uint8Array>("it ends with neither u nor b");
  const bytes = decode(rest);
  return bytes === null ? wrong<Uint8Array>("not base64") : Result.ok<Uint8Array, Error_>(bytes);
}

/** What is packed, as text. `invalid` if it is not UTF-8. */
export function toText(packed: string): Result<string, Error_> {
  if (packed.endsWith("u")) return Result.ok<string, Error_>(packed.substring(0, packed.length - 1));
  const bytes = toBytes(packed);
  if (bytes.isErr) return bytes.pass<string>();
  return isUtf8(bytes.value) ? Result.ok<string, Error_>(decoded(bytes.value)) : wrong<string>("not UTF-8");
}

/** The UTF-8 of a text. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.wrap(String.UTF8.encode(text, false, String.UTF8.ErrorMode.REPLACE));
}

/** Bytes as text, each that is not UTF-8 as U+FFFD. */
export function lossyText(bytes: Uint8Array): string {
  if (isUtf8(bytes)) return decoded(bytes);
  const parts: Array<string> = [];
  let from = 0;
  for (let i = 0; i < bytes.length; ) {
    const length = characterAt(bytes, i);
    if (length > 0) {
      i += length;
      continue;
    }
    parts.push(decoded(bytes.subarray(from, i)));
    parts.push("\ufffd");
    from = ++i;
  }
  parts.push(decoded(bytes.subarray(from)));
  return concat(parts);
}

/** Whether bytes are UTF-8, as RFC 3629 has it. */
export function isUtf8(bytes: Uint8Array): bool {
  for (let i = 0; i < bytes.length; ) {
    const length = characterAt(bytes, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

/** How many bytes the character that begins here has; 0 if none does. */
function characterAt(bytes: Uint8Array, at: i32): i32 {
  const first = unchecked(bytes[at]);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (at + length > bytes.length) return 0;
  const second = unchecked(bytes[at + 1]);
  // Neither what has a shorter form, nor surrogates, nor what lies beyond U+10FFFF.
  const least: u8 = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const most: u8 = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 0;
  for (let i = at + 2; i < at + length; i++) {
    if ((unchecked(bytes[i]) & 0xc0) != 0x80) return 0;
  }
  return length;
}

function decoded(bytes: Uint8Array): string {
  return String.UTF8.decodeUnsafe(bytes.dataStart, bytes.length);
}

function wrong<T>(what: string): Result<T, Error_> {
  return Result.err<T, Error_>(Error_.invalid("packed: " + what));
}

function encode(bytes: Uint8Array): string {
  const length = bytes.length;
  const codes = new Uint8Array(((length + 2) / 3) * 4 + 1);
  const whole = length - (length % 3);
  let from = bytes.dataStart;
  let to = codes.dataStart;
  for (const end = from + whole; from < end; from += 3, to += 4) {
    const bits = (<u32>load<u8>(from) << 16) | (<u32>load<u8>(from, 1) << 8) | <u32>load<u8>(from, 2);
    store<u32>(to, digit(bits >> 18) | (digit(bits >> 12) << 8) | (digit(bits >> 6) << 16) | (digit(bits) << 24));
  }
  if (whole < length) {
    const second: u32 = whole + 1 < length ? load<u8>(from, 1) : 0;
    const bits = (<u32>load<u8>(from) << 16) | (second << 8);
    const third: u32 = whole + 1 < length ? digit(bits >> 6) : 61;
    store<u32>(to, digit(bits >> 18) | (digit(bits >> 12) << 8) | (third << 16) | (61 << 24));
  }
  unchecked((codes[codes.length - 1] = 98));
  return decoded(codes);
}

function decode(text: string): Uint8Array | null {
  const length = text.length;
  if (length & 3) return null;
  const pads = length == 0 ? 0 : i32(text.endsWith("=")) + i32(text.endsWith("=="));
  const bytes = new Uint8Array((length / 4) * 3);
  let from = changetype<usize>(text);
  let to = bytes.dataStart;
  // In the end 64 or more if there was anything that is no digit.
  let seen: u32 = 0;
  for (let i = 0; i < length; i += 4, from += 8, to += 3) {
    const isLast = i + 4 == length;
    const a = valueOf(load<u16>(from));
    const b = valueOf(load<u16>(from, 2));
    const c = isLast && pads > 1 ? 0 : valueOf(load<u16>(from, 4));
    const d = isLast && pads > 0 ? 0 : valueOf(load<u16>(from, 6));
    seen |= a | b | c | d;
    const bits = (a << 18) | (b << 12) | (c << 6) | d;
    store<u8>(to, bits >> 16);
    store<u8>(to, bits >> 8, 1);
    store<u8>(to, bits, 2);
  }
  return seen < 64 ? bytes.subarray(0, bytes.length - pads) : null;
}

const DIGITS = memory.data<u8>([
  65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 97, 98, 99,
  100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122,
  48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 43, 47,
]);

function digit(bits: u32): u32 {
  return load<u8>(DIGITS + (bits & 63));
}

function valueOf(c: u32): u32 {
  if (c >= 97 && c <= 122) return c - 71;
  if (c >= 65 && c <= 90) return c - 65;
  if (c >= 48 && c <= 57) return c + 4;
  return c == 43 ? 62 : c == 47 ? 63 : 64;
}
