// Made from lion's wit/ (see lion/toolchain/assemblyscript/library.py). Do not edit.
// The interface lion:host/config@0.1.0.

import * as abi from "lion-as/abi";
import { loadResultOfListOfStringOrError, loadResultOfOptionOfStringOrError } from "./canonical";
import { Error_ } from "./types";
import { Result } from "lion-as";

export { Error_ } from "./types";

export { ErrorTag } from "./types";

// @ts-ignore: decorator
@external("lion:host/config@0.1.0", "get")
declare function _Get(_0: i32, _1: i32, _2: i32): void;

// @ts-ignore: decorator
@external("lion:host/config@0.1.0", "keys")
declare function _Keys(_0: i32): void;

/** One setting, or none if the manifest does not have it. Text comes as it is, anything else as JSON. */
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

/** The names of all settings, sorted. */
export function keys(): Result<Array<string>, Error_> {
  const _mark = abi.mark();
  const _to = abi.take(16, 4);
  _Keys(_to);
  const _answer = loadResultOfListOfStringOrError(_to);
  abi.release(_mark);
  return _answer;
}
