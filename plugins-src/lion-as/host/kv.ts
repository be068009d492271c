// Made from lion's wit/ (see lion/toolchain/assemblyscript/library.py). Do not edit.
// The interface lion:host/kv@0.1.0.

import * as abi from "lion-as/abi";
import {
  loadResultOfBoolOrError,
  loadResultOfListOfStringOrError,
  loadResultOfOptionOfStringOrError,
  loadResultOfUnitOrError,
} from "./canonical";
import { Error_ } from "./types";
import { Result, Unit } from "lion-as";

export { Error_ } from "./types";

export { ErrorTag } from "./types";

// @ts-ignore: decorator
@external("lion:host/kv@0.1.0", "get")
declare function _Get(_0: i32, _1: i32, _2: i32): void;

// @ts-ignore: decorator
@external("lion:host/kv@0.1.0", "set")
declare function _Set(_0: i32, _1: i32, _2: i32, _3: i32, _4: i32): void;

// @ts-ignore: decorator
@external("lion:host/kv@0.1.0", "delete")
declare function _Delete(_0: i32, _1: i32, _2: i32): void;

// @ts-ignore: decorator
@external("lion:host/kv@0.1.0", "list")
declare function _List(_0: i32, _1: i32, _2: i32, _3: i32, _4: i32, _5: i32, _6: i32): void;

// @ts-ignore: decorator
@external("lion:host/kv@0.1.0", "compare-and-set")
declare function _CompareAndSet(_0: i32, _1: i32, _2: i32, _3: i32, _4: i32, _5: i32, _6: i32, _7: i32, _8: i32): void;

/** The value under a key, or none. Keys are 1 to 1,024 bytes of UTF-8. */
export function get(key: string): Result<string | null, Error_> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(key);
  const _2 = abi.length;
  const _to = abi.take(16, 4);
  _Get(_1, _2, _to);
  const _answer = loadResultOfOptionOfStringOrError(_to);
  abi.release(_mark);
  return _answer;
}

/** Store a value, replacing the old one. `exhausted` if the quota would be passed. */
export function set(key: string, value: string): Result<Unit, Error_> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(key);
  const _2 = abi.length;
  const _3 = abi.lowerString(value);
  const _4 = abi.length;
  const _to = abi.take(16, 4);
  _Set(_1, _2, _3, _4, _to);
  const _answer = loadResultOfUnitOrError(_to);
  abi.release(_mark);
  return _answer;
}

/** Remove a key. True if it was there. */
export function delete_(key: string): Result<bool, Error_> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(key);
  const _2 = abi.length;
  const _to = abi.take(16, 4);
  _Delete(_1, _2, _to);
  const _answer = loadResultOfBoolOrError(_to);
  abi.release(_mark);
  return _answer;
}

/** At most `limit` keys (1 to 1,000) that begin with `prefix`, in byte order, those after `after` only. */
export function list(prefix: string, after: string | null, limit: u32): Result<Array<string>, Error_> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(prefix);
  const _2 = abi.length;
  const _3 = after;
  let _4: i32 = 0;
  let _5: i32 = 0;
  if (_3 !== null) {
    const _6 = abi.lowerString(_3);
    const _7 = abi.length;
    _4 = _6;
    _5 = _7;
  }
  const _to = abi.take(16, 4);
  _List(_1, _2, <i32>(_3 !== null), _4, _5, limit, _to);
  const _answer = loadResultOfListOfStringOrError(_to);
  abi.release(_mark);
  return _answer;
}

/**
 * Store `value` (none: remove the key) if the key now holds `expected` (none: does not exist).
 * True if it did and the change is made, false if somebody was there first.
 */
export function compareAndSet(key: string, expected: string | null, value: string | null): Result<bool, Error_> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(key);
  const _2 = abi.length;
  const _3 = expected;
  let _4: i32 = 0;
  let _5: i32 = 0;
  if (_3 !== null) {
    const _6 = abi.lowerString(_3);
    const _7 = abi.length;
    _4 = _6;
    _5 = _7;
  }
  const _8 = value;
  let _9: i32 = 0;
  let _10: i32 = 0;
  if (_8 !== null) {
    const _11 = abi.lowerString(_8);
    const _12 = abi.length;
    _9 = _11;
    _10 = _12;
  }
  const _to = abi.take(16, 4);
  _CompareAndSet(_1, _2, <i32>(_3 !== null), _4, _5, <i32>(_8 !== null), _9, _10, _to);
  const _answer = loadResultOfBoolOrError(_to);
  abi.release(_mark);
  return _answer;
}
