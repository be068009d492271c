// Look here if you want to know which texts are JSON, and what is said of those that are not.

import { Error_ } from "./host/types";
import { concat } from "./concat";
import { Json, JsonKind } from "./json";
import { Result } from "./values";

const DEEPEST: i32 = 128;

/** Read a whole text. */
export function parseJson(text: string): Result<Json, Error_> {
  const parser = new Parser(text);
  const value = parser.value(0);
  if (parser.wrong.length == 0) {
    parser.space();
    if (parser.at < text.length) parser.fail("there is more after the value");
  }
  if (parser.wrong.length > 0) return Result.err<Json, Error_>(Error_.invalid(parser.wrong));
  return Result.ok<Json, Error_>(value);
}

/** Where it is in the text; once something is wrong all that reads answers at once. */
class Parser {
  at: i32 = 0;
  wrong: string = "";

  constructor(readonly text: string) {}

  /** Note what is wrong and where, unless something was before. */
  fail(what: string): Json {
    if (this.wrong.length == 0) {
      const before = this.text.substring(0, this.at);
      const line = before.split("\n").length;
      const column = this.at - before.lastIndexOf("\n");
      this.wrong = "JSON: " + what + " at line " + line.toString() + ", column " + column.toString();
    }
    return Json.null_();
  }

  /** The next code unit, or 0 at the end; 0 itself stands nowhere in JSON. */
  peek(): i32 {
    return this.at < this.text.length ? this.text.charCodeAt(this.at) : 0;
  }

  take(code: i32): bool {
    if (this.peek() != code) return false;
    this.at++;
    return true;
  }

  space(): void {
    for (let c = this.peek(); c == 32 || c == 10 || c == 13 || c == 9; c = this.peek()) this.at++;
  }

  value(depth: i32): Json {
    this.space();
    const first = this.peek();
    if (depth == DEEPEST && (first | 32) == 123) return this.fail("more than 128 values are nested");
    switch (first) {
      case 123: return this.object(depth);
      case 91: return this.list(depth);
      case 34: return Json.written(JsonKind.Text, this.string());
      case 116: return this.word("true", JsonKind.Bool);
      case 102: return this.word("false", JsonKind.Bool);
      case 110: return this.word("null", JsonKind.Null);
      default: return this.number();
    }
  }

  private word(word: string, kind: JsonKind): Json {
    if (!this.text.startsWith(word, this.at)) return this.fail("a value should be");
    this.at += word.length;
    return Json.written(kind, word);
  }

  private list(depth: i32): Json {
    const found = Json.list();
    this.at++;
    this.space();
    if (this.take(93)) return found;
    do {
      found.push(this.value(depth + 1));
      this.space();
    } while (this.wrong.length == 0 && this.take(44));
    return this.take(93) ? found : this.fail("a , or ] should be");
  }

  private object(depth: i32): Json {
    const found = Json.object();
    this.at++;
    this.space();
    if (this.take(125)) return found;
    do {
      this.space();
      if (this.peek() != 34) return this.fail("a key should be");
      const key = this.string();
      this.space();
      if (!this.take(58)) return this.fail("a : should be");
      found.with(key, this.value(depth + 1));
      this.space();
    } while (this.wrong.length == 0 && this.take(44));
    return this.take(125) ? found : this.fail("a , or } should be");
  }

  private digits(): bool {
    const from = this.at;
    for (let c = this.peek(); c >= 48 && c <= 57; c = this.peek()) this.at++;
    return this.at > from;
  }

  private number(): Json {
    const from = this.at;
    this.take(45);
    if (!this.take(48) && !this.digits()) {
      this.at = from;
      return this.fail("a value should be");
    }
    if (this.take(46) && !this.digits()) return this.fail("a digit should be");
    if ((this.peek() | 32) == 101) {
      this.at++;
      if (!this.take(43)) this.take(45);
      if (!this.digits()) return this.fail("a digit should be");
    }
    return Json.written(JsonKind.Number, this.text.substring(from, this.at));
  }

  private string(): string {
    const parts: Array<string> = [];
    let from = ++this.at;
    while (this.at < this.text.length) {
      const c = this.peek();
      if (c == 34 || c == 92) {
        parts.push(this.text.substring(from, this.at++));
        if (c == 34) return concat(parts);
        parts.push(this.escape());
        from = this.at;
      } else if (c < 32) {
        break;
      } else {
        this.at++;
      }
    }
    this.fail(this.at < this.text.length ? "a control character stands in a string" : "a string does not end");
    return "";
  }

  private escape(): string {
    const c = this.peek();
    this.at++;
    switch (c) {
      case 34: case 92: case 47: return String.fromCharCode(c);
      case 98: return "\b";
      case 102: return "\f";
      case 110: return "\n";
      case 114: return "\r";
      case 116: return "\t";
      case 117: return this.character();
    }
    this.at--;
    this.fail("there is no such escape");
    return "";
  }

  /** What follows `\u`; of a surrogate its other half too, which has to be there. */
  private character(): string {
    const first = this.hex();
    if ((first & 0xf800) != 0xd800) return String.fromCharCode(first);
    const isPair = first < 0xdc00 && this.take(92) && this.take(117);
    const second = isPair ? this.hex() : 0;
    if ((second & 0xfc00) != 0xdc00) this.fail("half a surrogate pair stands");
    return String.fromCharCode(first, second);
  }

  private hex(): i32 {
    let value = 0;
    for (let i = 0; i < 4; i++) {
      const c = this.peek();
      const digit = c >= 48 && c <= 57 ? c - 48 : (c | 32) >= 97 && (c | 32) <= 102 ? (c | 32) - 87 : -1;
      if (digit < 0) {
        this.fail("four hexadecimal digits should be");
        return 0;
      }
      value = (value << 4) | digit;
      this.at++;
    }
    return value;
  }
}
