// Made from lion's wit/ (see lion/toolchain/assemblyscript/library.py). Do not edit.
// The interface lion:host/elements@0.1.0.

import * as abi from "lion-as/abi";
import {
  loadResultOfBoolOrError,
  loadResultOfElementOrError,
  loadResultOfListOfStringOrError,
  loadResultOfStringOrError,
  loadResultOfU64OrError,
  loadResultOfUnitOrError,
} from "./canonical";
import { Error_ } from "./types";
import { Option, Result, Unit } from "lion-as";

export { Error_ } from "./types";

export { ErrorTag } from "./types";

/** An element as it is kept. */
@final export class Element {
  constructor(
    public id: string,
    public kind: string,
    public createdAt: u64,
    public revision: u64,
    public content: string,
  ) {}
}

// @ts-ignore: decorator
@external("lion:host/elements@0.1.0", "create")
declare function _Create(_0: i32, _1: i32, _2: i32, _3: i32, _4: i32): void;

// @ts-ignore: decorator
@external("lion:host/elements@0.1.0", "get")
declare function _Get(_0: i32, _1: i32, _2: i32): void;

// @ts-ignore: decorator
@external("lion:host/elements@0.1.0", "update")
declare function _Update(_0: i32, _1: i32, _2: i32, _3: i32, _4: i32, _5: i64, _6: i32): void;

// @ts-ignore: decorator
@external("lion:host/elements@0.1.0", "delete")
declare function _Delete(_0: i32, _1: i32, _2: i32): void;

// @ts-ignore: decorator
@external("lion:host/elements@0.1.0", "list")
declare function _List(_0: i32, _1: i32, _2: i32, _3: i32, _4: i32, _5: i32, _6: i32): void;

// @ts-ignore: decorator
@external("lion:host/elements@0.1.0", "append")
declare function _Append(_0: i32, _1: i32, _2: i32, _3: i32, _4: i32): void;

// @ts-ignore: decorator
@external("lion:host/elements@0.1.0", "insert")
declare function _Insert(_0: i32, _1: i32, _2: i32, _3: i32, _4: i32, _5: i32): void;

// @ts-ignore: decorator
@external("lion:host/elements@0.1.0", "move")
declare function _Move(_0: i32, _1: i32, _2: i32, _3: i32, _4: i32, _5: i32): void;

// @ts-ignore: decorator
@external("lion:host/elements@0.1.0", "exclude")
declare function _Exclude(_0: i32, _1: i32, _2: i32, _3: i32, _4: i32): void;

// @ts-ignore: decorator
@external("lion:host/elements@0.1.0", "order")
declare function _Order(_0: i32, _1: i32, _2: i32, _3: i32, _4: i32): void;

// @ts-ignore: decorator
@external("lion:host/elements@0.1.0", "progressions")
declare function _Progressions(_0: i32): void;

/** Make an element; its id. `exhausted` if the quota, in elements or in bytes, would be passed. */
export function create(kind: string, content: string): Result<string, Error_> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(kind);
  const _2 = abi.length;
  const _3 = abi.lowerString(content);
  const _4 = abi.length;
  const _to = abi.take(16, 4);
  _Create(_1, _2, _3, _4, _to);
  const _answer = loadResultOfStringOrError(_to);
  abi.release(_mark);
  return _answer;
}

/** An element, `not-found` if there is none. */
export function get(id: string): Result<Element, Error_> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(id);
  const _2 = abi.length;
  const _to = abi.take(48, 8);
  _Get(_1, _2, _to);
  const _answer = loadResultOfElementOrError(_to);
  abi.release(_mark);
  return _answer;
}

/**
 * Give an element other content; its revision then. `conflict` if its revision is not `expected` (none: whatever it
 * is), `not-found` if there is no such element.
 */
export function update(id: string, content: string, expected: Option<u64>): Result<u64, Error_> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(id);
  const _2 = abi.length;
  const _3 = abi.lowerString(content);
  const _4 = abi.length;
  const _5 = expected;
  let _6: i64 = 0;
  if (_5.isSome) {
    _6 = _5.unwrap();
  }
  const _to = abi.take(24, 8);
  _Update(_1, _2, _3, _4, <i32>(_5.isSome), _6, _to);
  const _answer = loadResultOfU64OrError(_to);
  abi.release(_mark);
  return _answer;
}

/** Remove an element, from all progressions too. True if it was there. */
export function delete_(id: string): Result<bool, Error_> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(id);
  const _2 = abi.length;
  const _to = abi.take(16, 4);
  _Delete(_1, _2, _to);
  const _answer = loadResultOfBoolOrError(_to);
  abi.release(_mark);
  return _answer;
}

/** The ids of a kind, oldest first: at most `limit` (1 to 1,000), those after `after` only. */
export function list(kind: string, after: string | null, limit: u32): Result<Array<string>, Error_> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(kind);
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
 * Put an element at the end of a progression, which is there as long as something is in it. `exists` if the element
 * is in it already, `exhausted` beyond 1,000 elements, or 32 progressions.
 */
export function append(progression: string, id: string): Result<Unit, Error_> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(progression);
  const _2 = abi.length;
  const _3 = abi.lowerString(id);
  const _4 = abi.length;
  const _to = abi.take(16, 4);
  _Append(_1, _2, _3, _4, _to);
  const _answer = loadResultOfUnitOrError(_to);
  abi.release(_mark);
  return _answer;
}

/** Put an element at a position, 0 to the number of those that are there; those from there on follow it. */
export function insert(progression: string, id: string, position: u32): Result<Unit, Error_> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(progression);
  const _2 = abi.length;
  const _3 = abi.lowerString(id);
  const _4 = abi.length;
  const _to = abi.take(16, 4);
  _Insert(_1, _2, _3, _4, position, _to);
  const _answer = loadResultOfUnitOrError(_to);
  abi.release(_mark);
  return _answer;
}

/** Let an element of a progression stand at a position; the others keep their order. */
export function move(progression: string, id: string, position: u32): Result<Unit, Error_> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(progression);
  const _2 = abi.length;
  const _3 = abi.lowerString(id);
  const _4 = abi.length;
  const _to = abi.take(16, 4);
  _Move(_1, _2, _3, _4, position, _to);
  const _answer = loadResultOfUnitOrError(_to);
  abi.release(_mark);
  return _answer;
}

/** Take an element out of a progression; it is kept. True if it was in it. */
export function exclude(progression: string, id: string): Result<bool, Error_> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(progression);
  const _2 = abi.length;
  const _3 = abi.lowerString(id);
  const _4 = abi.length;
  const _to = abi.take(16, 4);
  _Exclude(_1, _2, _3, _4, _to);
  const _answer = loadResultOfBoolOrError(_to);
  abi.release(_mark);
  return _answer;
}

/** The ids of a progression in its order: at most `limit` (1 to 1,000), from a position on. None if there is none. */
export function order(progression: string, start: u32, limit: u32): Result<Array<string>, Error_> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(progression);
  const _2 = abi.length;
  const _to = abi.take(16, 4);
  _Order(_1, _2, start, limit, _to);
  const _answer = loadResultOfListOfStringOrError(_to);
  abi.release(_mark);
  return _answer;
}

/** The names of all progressions, sorted. */
export function progressions(): Result<Array<string>, Error_> {
  const _mark = abi.mark();
  const _to = abi.take(16, 4);
  _Progressions(_to);
  const _answer = loadResultOfListOfStringOrError(_to);
  abi.release(_mark);
  return _answer;
}
