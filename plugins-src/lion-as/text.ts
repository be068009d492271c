// Look here if you want to know how text crosses: UTF-16 in AssemblyScript, UTF-8 at the boundary.
//
// Rule: a surrogate without its partner has no UTF-8; it crosses as U+FFFD, as JavaScript's TextEncoder has it.

import { free, length, setLength, take } from "./memory";

/** A string for the host, in the arena; the length in bytes is in `length`. */
export function lowerString(text: string): usize {
  const size = String.UTF8.byteLength(text);
  const at = take(size, 1);
  setLength(size);
  String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, at, false, String.UTF8.ErrorMode.REPLACE);
  return at;
}

/** A string from the host, whose memory is given back. */
export function liftString(at: usize, size: i32): string {
  const text = String.UTF8.decodeUnsafe(at, size);
  free(at, size);
  return text;
}

/** A string in a record or list. */
export function loadString(at: usize): string {
  return liftString(load<usize>(at), load<i32>(at, 4));
}

/** A string into a record or list. */
export function storeString(at: usize, text: string): void {
  const where = lowerString(text);
  store<usize>(at, where);
  store<i32>(at, length, 4);
}

/** A number in decimal; smaller than what `toString` brings along. */
export function decimal(value: u32): string {
  const last = String.fromCharCode(48 + <i32>(value % 10));
  return value > 9 ? decimal(value / 10) + last : last;
}
