// Look here if you want to know how a guest keeps texts and bytes between runs, without packing them itself.

import { get, list, set } from "./host/kv";
import { Error_ } from "./host/types";
import { fromBytes, fromText, toBytes, toText } from "./packed";
import { gather } from "./pages";
import { Result, Unit } from "./values";

export { compareAndSet, delete_ } from "./host/kv";

/** The text under a key, or null. `invalid` if it is not UTF-8. */
export function text(key: string): Result<string | null, Error_> {
  const found = get(key);
  if (found.isErr || found.value === null) return found;
  const unpacked = toText(changetype<string>(found.value));
  return unpacked.isErr ? unpacked.pass<string | null>() : Result.ok<string | null, Error_>(unpacked.value);
}

/** The bytes under a key, or null. */
export function bytes(key: string): Result<Uint8Array | null, Error_> {
  const found = get(key);
  if (found.isErr) return found.pass<Uint8Array | null>();
  if (found.value === null) return Result.ok<Uint8Array | null, Error_>(null);
  const unpacked = toBytes(changetype<string>(found.value));
  return unpacked.isErr ? unpacked.pass<Uint8Array | null>() : Result.ok<Uint8Array | null, Error_>(unpacked.value);
}

/** Store a text, replacing what was there. */
export function setText(key: string, value: string): Result<Unit, Error_> {
  return set(key, fromText(value));
}

/** Store bytes, replacing what was there. */
export function setBytes(key: string, value: Uint8Array): Result<Unit, Error_> {
  return set(key, fromBytes(value));
}

/** Every key that begins with `prefix`, in byte order, however many there are. */
export function keys(prefix: string): Result<Array<string>, Error_> {
  return gather<Error_>(prefix, list);
}
