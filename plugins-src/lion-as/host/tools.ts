// Made from lion's wit/ (see lion/toolchain/assemblyscript/library.py). Do not edit.
// The interface lion:host/tools@0.1.0.

import * as abi from "lion-as/abi";
import { loadResultOfListOfToolOrError, loadResultOfStartedOrError, loadResultOfStringOrError } from "./canonical";
import { Error_ } from "./types";
import { Result } from "lion-as";
import { Resource } from "lion-as/abi";

/** A tool the caller may call. */
@final export class Tool {
  constructor(
    public name: string,
    public description: string,
    public inputSchema: string,
    public outputSchema: string,
  ) {}
}

export { Error_ } from "./types";

export { ErrorTag } from "./types";

/** A call just started, and the handle by which `poll` knows it. */
@final export class Started {
  constructor(
    public call: Pending,
    public handle: u32,
  ) {}
}

// @ts-ignore: decorator
@external("lion:host/tools@0.1.0", "[method]pending.take")
declare function _Method$Pending$Take(_0: i32, _1: i32): void;

// @ts-ignore: decorator
@external("lion:host/tools@0.1.0", "list")
declare function _List(_0: i32): void;

// @ts-ignore: decorator
@external("lion:host/tools@0.1.0", "call")
declare function _Call(_0: i32, _1: i32, _2: i32, _3: i32, _4: i32): void;

// @ts-ignore: decorator
@external("lion:host/tools@0.1.0", "start")
declare function _Start(_0: i32, _1: i32, _2: i32, _3: i32, _4: i32): void;

// @ts-ignore: decorator
@external("lion:host/tools@0.1.0", "[resource-drop]pending")
declare function _dropPending(handle: i32): void;

/** A call under way. Dropping it cancels the call. */
export class Pending extends Resource {
  protected _kind(): string { return "pending"; }
  protected _dropHandle(handle: i32): void { _dropPending(handle); }

  /** The result; waits until there is one. A second time is `invalid`. */
  take(): Result<string, Error_> {
    const _mark = abi.mark();
    const _to = abi.take(16, 4);
    _Method$Pending$Take(this._handle, _to);
    const _answer = loadResultOfStringOrError(_to);
    abi.release(_mark);
    return _answer;
  }
}

/** The tools this holder may call, sorted by name. */
export function list(): Result<Array<Tool>, Error_> {
  const _mark = abi.mark();
  const _to = abi.take(16, 4);
  _List(_to);
  const _answer = loadResultOfListOfToolOrError(_to);
  abi.release(_mark);
  return _answer;
}

/**
 * Call a tool and wait for its result. Arguments and result are JSON of at most 64 KiB.
 * A tool's own error comes as `other` with that error as JSON.
 */
export function call(name: string, arguments: string): Result<string, Error_> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(name);
  const _2 = abi.length;
  const _3 = abi.lowerString(arguments);
  const _4 = abi.length;
  const _to = abi.take(16, 4);
  _Call(_1, _2, _3, _4, _to);
  const _answer = loadResultOfStringOrError(_to);
  abi.release(_mark);
  return _answer;
}

/** Start a call and go on. `exhausted` if too many are under way. */
export function start(name: string, arguments: string): Result<Started, Error_> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(name);
  const _2 = abi.length;
  const _3 = abi.lowerString(arguments);
  const _4 = abi.length;
  const _to = abi.take(16, 4);
  _Start(_1, _2, _3, _4, _to);
  const _answer = loadResultOfStartedOrError(_to);
  abi.release(_mark);
  return _answer;
}
