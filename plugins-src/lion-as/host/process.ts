// Made from lion's wit/ (see lion/toolchain/assemblyscript/library.py). Do not edit.
// The interface lion:host/process@0.1.0.

import * as abi from "lion-as/abi";
import { loadResultOfProgramOrError } from "./canonical";
import { Error_ } from "./types";
import { Result, Tuple2 } from "lion-as";

/** A granted directory, which is open from the start. */
@final export class Directory {
  constructor(
    public path: string,
    public writable: bool,
  ) {}
}

@final export class Program {
  constructor(
    public args: Array<string>,
    public env: Array<Tuple2<string, string>>,
    public stdin: string,
    public directories: Array<Directory>,
  ) {}
}

export { Error_ } from "./types";

export { ErrorTag } from "./types";

// @ts-ignore: decorator
@external("lion:host/process@0.1.0", "start")
declare function _Start(_0: i32): void;

export function start(): Result<Program, Error_> {
  const _mark = abi.mark();
  const _to = abi.take(36, 4);
  _Start(_to);
  const _answer = loadResultOfProgramOrError(_to);
  abi.release(_mark);
  return _answer;
}
