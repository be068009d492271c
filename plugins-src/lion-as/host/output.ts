// Made from lion's wit/ (see lion/toolchain/assemblyscript/library.py). Do not edit.
// The interface lion:host/output@0.1.0.

import * as abi from "lion-as/abi";
import { loadResultOfUnitOrError } from "./canonical";
import { Error_ } from "./types";
import { Option, Result, Unit } from "lion-as";

export { Error_ } from "./types";

export { ErrorTag } from "./types";

// @ts-ignore: decorator
@external("lion:host/output@0.1.0", "text")
declare function _Text(_0: i32, _1: i32, _2: i32): void;

// @ts-ignore: decorator
@external("lion:host/output@0.1.0", "partial")
declare function _Partial(_0: i32, _1: i32, _2: i32): void;

// @ts-ignore: decorator
@external("lion:host/output@0.1.0", "progress")
declare function _Progress(_0: i64, _1: i32, _2: i64, _3: i32, _4: i32, _5: i32): void;

/** A piece of text, any length up to 64 KiB; pieces join as they are, a line ends with its newline. */
export function text(piece: string): Result<Unit, Error_> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(piece);
  const _2 = abi.length;
  const _to = abi.take(16, 4);
  _Text(_1, _2, _to);
  const _answer = loadResultOfUnitOrError(_to);
  abi.release(_mark);
  return _answer;
}

/**
 * The structured output as far as it is known: JSON of at most 64 KiB, nested at most 64
 * deep, which replaces what was said before.
 */
export function partial(json: string): Result<Unit, Error_> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(json);
  const _2 = abi.length;
  const _to = abi.take(16, 4);
  _Partial(_1, _2, _to);
  const _answer = loadResultOfUnitOrError(_to);
  abi.release(_mark);
  return _answer;
}

/** How far the work is, in units of the guest's choice. The message has at most 64 KiB. */
export function progress(done: u64, total: Option<u64>, message: string): Result<Unit, Error_> {
  const _mark = abi.mark();
  const _1 = total;
  let _2: i64 = 0;
  if (_1.isSome) {
    _2 = _1.unwrap();
  }
  const _3 = abi.lowerString(message);
  const _4 = abi.length;
  const _to = abi.take(16, 4);
  _Progress(done, <i32>(_1.isSome), _2, _3, _4, _to);
  const _answer = loadResultOfUnitOrError(_to);
  abi.release(_mark);
  return _answer;
}
