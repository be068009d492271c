// Made from lion's wit/ (see lion/toolchain/assemblyscript/library.py). Do not edit.
// The interface lion:host/random@0.1.0.

import * as abi from "lion-as/abi";
import { loadResultOfListOfU8OrError, loadResultOfU64OrError } from "./canonical";
import { Error_ } from "./types";
import { Result } from "lion-as";

export { Error_ } from "./types";

export { ErrorTag } from "./types";

// @ts-ignore: decorator
@external("lion:host/random@0.1.0", "number")
declare function _Number(_0: i32): void;

// @ts-ignore: decorator
@external("lion:host/random@0.1.0", "bytes")
declare function _Bytes(_0: i32, _1: i32): void;

/** 64 random bits. */
export function number(): Result<u64, Error_> {
  const _mark = abi.mark();
  const _to = abi.take(24, 8);
  _Number(_to);
  const _answer = loadResultOfU64OrError(_to);
  abi.release(_mark);
  return _answer;
}

/** This many random bytes, at most 4,096. */
export function bytes(length: u32): Result<Uint8Array, Error_> {
  const _mark = abi.mark();
  const _to = abi.take(16, 4);
  _Bytes(length, _to);
  const _answer = loadResultOfListOfU8OrError(_to);
  abi.release(_mark);
  return _answer;
}
