// Made from lion's wit/ (see lion/toolchain/assemblyscript/library.py). Do not edit.
// The interface lion:host/denials@0.1.0.

import * as abi from "lion-as/abi";
import { loadResultOfOptionOfDenialOrError } from "./canonical";
import { Error_ } from "./types";
import { Result } from "lion-as";

/** Why it was refused; only `ungranted` and `withheld` are for a line of the manifest to change. */
export enum Reason {
  Ungranted = 0,
  Withheld = 1,
  Forbidden = 2,
  Unasked = 3,
  Expired = 4,
  Refused = 5,
  OutOfReach = 6,
  Secret = 7,
}

/**
 * The right to do `action` of `capability` to `subject`: `http`, `send`, `GET https://api.example.com/v1`.
 * The subject is empty where a call names nothing.
 */
@final export class Denial {
  constructor(
    public reason: Reason,
    public capability: string,
    public action: string,
    public subject: string,
  ) {}
}

export { Error_ } from "./types";

export { ErrorTag } from "./types";

// @ts-ignore: decorator
@external("lion:host/denials@0.1.0", "last")
declare function _Last(_0: i32): void;

/** The last call of this instance that ended with `denied`, none if none has. */
export function last(): Result<Denial | null, Error_> {
  const _mark = abi.mark();
  const _to = abi.take(36, 4);
  _Last(_to);
  const _answer = loadResultOfOptionOfDenialOrError(_to);
  abi.release(_mark);
  return _answer;
}
