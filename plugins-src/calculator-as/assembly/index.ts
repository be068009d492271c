// Arithmetic: the same tools as plugins-src/calculator, with the same words for what cannot be computed.

import { Result } from "lion-as";
import { valueOf } from "./expression";

const TOO_LARGE = "the result does not fit";

function whole(value: i64): Result<i64, string> {
  return Result.ok<i64, string>(value);
}

function fail(words: string): Result<i64, string> {
  return Result.err<i64, string>(words);
}

export function add(a: i64, b: i64): Result<i64, string> {
  const sum = a + b;
  // Both have the sign that the sum has not.
  return ((a ^ sum) & (b ^ sum)) < 0 ? fail(TOO_LARGE) : whole(sum);
}

export function subtract(a: i64, b: i64): Result<i64, string> {
  const rest = a - b;
  return ((a ^ b) & (a ^ rest)) < 0 ? fail(TOO_LARGE) : whole(rest);
}

export function multiply(a: i64, b: i64): Result<i64, string> {
  const product = a * b;
  // The one division that traps is the one that does not fit either.
  const isTooLarge = (a == -1 && b == i64.MIN_VALUE) || (a != 0 && a != -1 && product / a != b);
  return isTooLarge ? fail(TOO_LARGE) : whole(product);
}

export function divide(a: i64, b: i64): Result<i64, string> {
  if (b == 0) return fail("division by zero");
  return a == i64.MIN_VALUE && b == -1 ? fail(TOO_LARGE) : whole(a / b);
}

export function evaluate(expression: string): Result<f64, string> {
  const value = valueOf(expression);
  return value.isOk && !isFinite(value.value) ? Result.err<f64, string>(TOO_LARGE) : value;
}
