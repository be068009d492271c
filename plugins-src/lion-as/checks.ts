// Look here if you want to know which values are refused at the boundary, and with which words.

import { decimal } from "./text";

/** A bool is 0 or 1. */
export function bool_(value: i32): bool {
  if (<u32>value > 1) abort(decimal(value) + " is no bool");
  return <bool>value;
}

/** A char is a Unicode scalar value: a code point that is no surrogate. */
export function char(value: u32): u32 {
  if (value > 0x10ffff || (value & 0xfffff800) == 0xd800) abort(decimal(value) + " is no character");
  return value;
}

/** A case is one of those there are. */
export function case_(value: i32, cases: i32, what: string): i32 {
  if (<u32>value >= <u32>cases) abort(decimal(value) + " is no case of " + what);
  return value;
}
