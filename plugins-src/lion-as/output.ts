// Look here if you want to know how a guest shows people what it does.

import * as host from "./host/output";
import { Error_ } from "./host/types";
import { Json } from "./json";
import { Result, Unit } from "./values";

export { progress } from "./host/output";

/** UTF-16 units of one piece, each at most three of the 65,536 bytes it may have. */
const PIECE: i32 = 21_845;

/** Show a text of any length. */
export function say(text: string): Result<Unit, Error_> {
  let from = 0;
  while (text.length - from > PIECE) {
    // Not between the two halves of a character.
    const isHalf = (text.charCodeAt(from + PIECE - 1) & 0xfc00) == 0xd800;
    const to = from + PIECE - i32(isHalf);
    const shown = host.text(text.substring(from, to));
    if (shown.isErr) return shown;
    from = to;
  }
  return host.text(from == 0 ? text : text.substring(from));
}

/** Show a line. */
export function sayLine(line: string): Result<Unit, Error_> {
  return say(line + "\n");
}

/** The structured output as far as it is known. Replaces what was said before. */
export function partial(value: Json): Result<Unit, Error_> {
  return host.partial(value.toString());
}
