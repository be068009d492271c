// Made from lion's wit/ (see lion/toolchain/assemblyscript/library.py). Do not edit.
// The interface lion:host/log@0.1.0.

import * as abi from "lion-as/abi";
import { loadResultOfUnitOrError } from "./canonical";
import { Error_ } from "./types";
import { Result, Unit } from "lion-as";

/** How much a line matters, least first. */
export enum Level {
  Debug = 0,
  Info = 1,
  Warn = 2,
  Error = 3,
}

export { Error_ } from "./types";

export { ErrorTag } from "./types";

// @ts-ignore: decorator
@external("lion:host/log@0.1.0", "write")
declare function _Write(_0: i32, _1: i32, _2: i32, _3: i32): void;

/** Write one line of at most 64 KiB. Longer ones are `invalid`. */
export function write(level: Level, message: string): Result<Unit, Error_> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(message);
  const _2 = abi.length;
  const _to = abi.take(16, 4);
  _Write(abi.case_(level, 4, "level"), _1, _2, _to);
  const _answer = loadResultOfUnitOrError(_to);
  abi.release(_mark);
  return _answer;
}
