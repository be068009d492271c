// Made from lion's wit/ (see lion/toolchain/assemblyscript/library.py). Do not edit.
// The interface lion:host/secrets@0.1.0.

import * as abi from "lion-as/abi";
import { loadResultOfBoolOrError } from "./canonical";
import { Error_ } from "./types";
import { Result } from "lion-as";

export { Error_ } from "./types";

export { ErrorTag } from "./types";

// @ts-ignore: decorator
@external("lion:host/secrets@0.1.0", "exists")
declare function _Exists(_0: i32, _1: i32, _2: i32): void;

/** True if the operator has bound this name to a value. */
export function exists(name: string): Result<bool, Error_> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(name);
  const _2 = abi.length;
  const _to = abi.take(16, 4);
  _Exists(_1, _2, _to);
  const _answer = loadResultOfBoolOrError(_to);
  abi.release(_mark);
  return _answer;
}
