// Look here if you want to know how lists of plain numbers and of bytes cross: as one copy.

import { free, room, setLength } from "./memory";
import { bool_, char } from "./checks";

/** A list of numbers from the host, whose memory is given back. */
export function liftNumbers<T>(at: usize, length: i32): Array<T> {
  const list = new Array<T>(length);
  memory.copy(list.dataStart, at, <usize>length * sizeof<T>());
  free(at, <usize>length * sizeof<T>());
  return list;
}

/** A list of numbers for the host, in the arena; the length is in `length`. */
export function lowerNumbers<T>(list: Array<T>): usize {
  const at = room(list.length, sizeof<T>(), sizeof<T>());
  memory.copy(at, list.dataStart, <usize>list.length * sizeof<T>());
  setLength(list.length);
  return at;
}

/** Bytes from the host, whose memory is given back. */
export function liftBytes(at: usize, length: i32): Uint8Array {
  const bytes = new Uint8Array(length);
  memory.copy(bytes.dataStart, at, length);
  free(at, length);
  return bytes;
}

/** Bytes for the host, in the arena; the length is in `length`. */
export function lowerBytes(bytes: Uint8Array): usize {
  const at = room(bytes.length, 1, 1);
  memory.copy(at, bytes.dataStart, bytes.length);
  setLength(bytes.length);
  return at;
}

/** A list of bools from the host. */
export function liftBools(at: usize, length: i32): Array<bool> {
  for (let i = 0; i < length; i++) bool_(load<u8>(at + i));
  return liftNumbers<bool>(at, length);
}

/** A list of characters from the host. */
export function liftChars(at: usize, length: i32): Array<u32> {
  for (let i = 0; i < length; i++) char(load<u32>(at + (i << 2)));
  return liftNumbers<u32>(at, length);
}

/** A list of characters for the host. */
export function lowerChars(list: Array<u32>): usize {
  for (let i = 0; i < list.length; i++) char(unchecked(list[i]));
  return lowerNumbers<u32>(list);
}
