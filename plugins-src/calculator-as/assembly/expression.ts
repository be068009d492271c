// Recursive descent over `+ - * /`, signs, parentheses and decimal numbers, with a bound on nesting.

import { Result } from "lion-as";
import { nearest } from "lion-as/decimal";
import { isSpace, quoted } from "./quoted";

const DEEPEST: i32 = 100;

/** The value of an expression, or what is wrong with it. */
export function valueOf(text: string): Result<f64, string> {
  const parser = new Parser(text);
  parser.skip();
  const value = parser.sum();
  if (parser.at < text.length) parser.fail("unexpected " + quoted(parser.rest));
  return parser.wrong.length > 0 ? Result.err<f64, string>(parser.wrong) : Result.ok<f64, string>(value);
}

/** Where it is in the text. Once something is wrong, nothing is taken any more. */
class Parser {
  at: i32 = 0;
  wrong: string = "";
  private depth: i32 = 0;

  constructor(private text: string) {}

  get rest(): string {
    return this.text.substring(this.at);
  }

  /** Note what is wrong, unless something was before. */
  fail(words: string): f64 {
    if (this.wrong.length == 0) this.wrong = words;
    return 0;
  }

  skip(): void {
    while (this.at < this.text.length && isSpace(this.text.charCodeAt(this.at))) this.at++;
  }

  sum(): f64 {
    let value = this.product();
    while (true) {
      if (this.take(43)) value += this.product();
      else if (this.take(45)) value -= this.product();
      else return value;
    }
  }

  private take(sign: i32): bool {
    const isThere = this.wrong.length == 0 && this.at < this.text.length && this.text.charCodeAt(this.at) == sign;
    if (isThere) {
      this.at++;
      this.skip();
    }
    return isThere;
  }

  private product(): f64 {
    let value = this.factor();
    while (true) {
      if (this.take(42)) {
        value *= this.factor();
      } else if (this.take(47)) {
        const divisor = this.factor();
        if (divisor == 0) this.fail("division by zero");
        value /= divisor;
      } else {
        return value;
      }
    }
  }

  private factor(): f64 {
    if (++this.depth > DEEPEST) return this.fail("nested more than 100 deep");
    const value = this.take(45) ? -this.factor() : this.take(40) ? this.inner() : this.number();
    this.depth--;
    return value;
  }

  private inner(): f64 {
    const value = this.sum();
    return this.take(41) ? value : this.fail("a ) is missing");
  }

  private number(): f64 {
    const from = this.at;
    let digits = 0, points = 0, end = from;
    for (; end < this.text.length; end++) {
      const c = this.text.charCodeAt(end);
      if (c == 46) points++;
      else if (c >= 48 && c <= 57) digits++;
      else break;
    }
    if (from == this.text.length) return this.fail("the expression ends where a number should be");
    if (digits == 0 || points > 1) return this.fail("a number should be at " + quoted(this.rest));
    this.at = end;
    this.skip();
    return nearest(this.text.substring(from, end));
  }
}
