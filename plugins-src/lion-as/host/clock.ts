// Made from lion's wit/ (see lion/toolchain/assemblyscript/library.py). Do not edit.
// The interface lion:host/clock@0.1.0.

import * as abi from "lion-as/abi";
import { loadResultOfU64OrError, loadResultOfUnitOrError } from "./canonical";
import { Error_ } from "./types";
import { Result, Unit } from "lion-as";

export { Error_ } from "./types";

export { ErrorTag } from "./types";

// @ts-ignore: decorator
@external("lion:host/clock@0.1.0", "now")
declare function _Now(_0: i32): void;

// @ts-ignore: decorator
@external("lion:host/clock@0.1.0", "monotonic")
declare function _Monotonic(_0: i32): void;

// @ts-ignore: decorator
@external("lion:host/clock@0.1.0", "sleep")
declare function _Sleep(_0: i64, _1: i32): void;

/** The time of day: nanoseconds since 1970-01-01T00:00:00Z, without leap seconds. */
export function now(): Result<u64, Error_> {
  const _mark = abi.mark();
  const _to = abi.take(24, 8);
  _Now(_to);
  const _answer = loadResultOfU64OrError(_to);
  abi.release(_mark);
  return _answer;
}

/** A clock that never goes back, for measuring and for `poll`. Its zero is the start of the run. */
export function monotonic(): Result<u64, Error_> {
  const _mark = abi.mark();
  const _to = abi.take(24, 8);
  _Monotonic(_to);
  const _answer = loadResultOfU64OrError(_to);
  abi.release(_mark);
  return _answer;
}

/** Wait this many nanoseconds. Other guests go on meanwhile. */
export function sleep(duration: u64): Result<Unit, Error_> {
  const _mark = abi.mark();
  const _to = abi.take(16, 4);
  _Sleep(duration, _to);
  const _answer = loadResultOfUnitOrError(_to);
  abi.release(_mark);
  return _answer;
}
