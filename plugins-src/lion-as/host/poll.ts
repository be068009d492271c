// Made from lion's wit/ (see lion/toolchain/assemblyscript/library.py). Do not edit.
// The interface lion:host/poll@0.1.0.

import * as abi from "lion-as/abi";
import { loadResultOfListOfU32OrError } from "./canonical";
import { Error_ } from "./types";
import { Option, Result } from "lion-as";

export { Error_ } from "./types";

export { ErrorTag } from "./types";

// @ts-ignore: decorator
@external("lion:host/poll@0.1.0", "wait")
declare function _Wait(_0: i32, _1: i32, _2: i32, _3: i64, _4: i32): void;

/**
 * Wait until at least one handle is ready or the clock's `monotonic` reaches `until` (nanoseconds; none:
 * no limit). Answers the indexes of those that are ready, in order; none are if the time came first.
 * No handles and an instant is a sleep; the instant 0 asks without waiting.
 *
 * `handles` holds the handles in decimal with a space between, at most 1,024 of them. It is text and not
 * a list because a list costs the host 32 bytes an element before the host can refuse it.
 */
export function wait(handles: string, until: Option<u64>): Result<Array<u32>, Error_> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(handles);
  const _2 = abi.length;
  const _3 = until;
  let _4: i64 = 0;
  if (_3.isSome) {
    _4 = _3.unwrap();
  }
  const _to = abi.take(16, 4);
  _Wait(_1, _2, <i32>(_3.isSome), _4, _to);
  const _answer = loadResultOfListOfU32OrError(_to);
  abi.release(_mark);
  return _answer;
}
