// Look here if you want to know how an error of the host is read, and what those of files and of the network become.

import { Error_, ErrorTag } from "./host/types";

export { Error_, ErrorTag } from "./host/types";

/** The cases that all errors of the host have, in the same order. */
const COMMON: i32 = 10;

/** The name of an error's case as WIT has it, for instance `not-found`. Of Error_, fs.Failure, http.Failure. */
export function kindOf<E>(error: E): string {
  const line = error.toString();
  return line.substring(0, line.indexOf(": "));
}

/** The error's text, which is for people. */
export function textOf<E>(error: E): string {
  const line = error.toString();
  return line.substring(line.indexOf(": ") + 2);
}

/** Whether the host refused: no grant covers the call, or a rule forbids it. */
export function isDenied<E>(error: E): bool {
  return <i32>error.tag == <i32>ErrorTag.Denied;
}

/** A failure as an Error_. What only files or the network have becomes `rest`, with its own name in the text. */
export function commonError<E>(failure: E, rest: ErrorTag): Error_ {
  if (<i32>failure.tag < COMMON) return Error_._holding0(<ErrorTag>failure.tag, textOf<E>(failure));
  return Error_._holding0(rest, failure.toString());
}
