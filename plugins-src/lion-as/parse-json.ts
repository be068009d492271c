// Look here if you want to know how one JSON value is found in a text that comes in pieces: where it begins, which
// elements are whole, where it ends.
//
// Rule: each character is looked at once, however many pieces there are.

import { Json } from "./json";
import { Format, Out } from "./parse";
import { TextBuffer } from "./text-buffer";

/** Blanks that may stand between what makes a beginning. */
const BLANKS: i32 = 32;
const TAB = 9, LF = 10, CR = 13, SPACE = 32, QUOTE = 34, COMMA = 44, COLON = 58, TICK = 96;
const LIST = 91, BACKSLASH = 92, LIST_END = 93, OBJECT = 123, OBJECT_END = 125;

function isBlank(c: i32): bool {
  return c == SPACE || c == TAB || c == CR || c == LF;
}

@final export class JsonFormat extends Format {
  private path: Array<string>;
  private begin: Begin | null = new Begin();
  private text: TextBuffer;
  private scan: Scan = new Scan();
  private list: List;
  /** Where the value begins and ends in the text, once it does. */
  private from: i32 = 0;
  private end: i32 = -1;

  constructor(records: string) {
    super();
    const path: Array<string> = records.length ? records.split(".") : [], text = new TextBuffer();
    this.path = path;
    this.text = text;
    this.list = new List(path, text);
  }

  take(piece: string, out: Out): void {
    const text = this.text;
    let at = text.length;
    text.push(piece);
    const begin = this.begin;
    if (begin !== null) {
      at = begin.find(text, at);
      if (at < 0) return;
      this.begin = null;
      this.from = at;
      out.prose(text.slice(0, at));
    }
    if (this.end < 0) this.follow(at, out);
  }

  private follow(from: i32, out: Out): void {
    const text = this.text, scan = this.scan, list = this.list;
    for (let at = from; at < text.length; at++) {
      const mark = text.at(at);
      if (!scan.take(mark, out)) {
        if (out.fault !== null) return;
        continue;
      }
      const depth = scan.depth;
      if (depth <= this.path.length + 1 && !list.isOver) {
        const element = list.note(at, mark, depth);
        if (element >= 0) out.record(text.slice(element, at));
        if (out.fault !== null) return;
      }
      if (!depth && (mark == OBJECT_END || mark == LIST_END)) {
        this.end = at + 1;
        return;
      }
    }
  }

  close(out: Out): Json {
    const text = this.text;
    if (this.begin !== null) return this.bare(out);
    if (this.end < 0) {
      out.fail("incomplete", "the JSON breaks off before its end");
      return Json.null_();
    }
    out.prose(text.slice(this.end, text.length));
    if (!this.isFollowedByWords()) out.fail("syntax", "there is more behind the JSON, and no words");
    return this.decode(text.slice(this.from, this.end), "syntax", "it is no JSON", out);
  }

  /** A value that is no list and no object, or none. */
  private bare(out: Out): Json {
    const text = this.text.slice(0, this.text.length);
    const fence = text.indexOf("```");
    const line = fence < 0 ? -1 : text.indexOf("\n", fence);
    const end = line < 0 ? -1 : text.indexOf("```", line);
    const inner = end < 0 ? text : text.substring(line + 1, end);
    return this.decode(inner, "missing", "there is no JSON in it", out);
  }

  private decode(text: string, kind: string, what: string, out: Out): Json {
    const read = Json.parse(text);
    if (read.isOk) return read.value;
    out.fail(kind, what);
    return Json.null_();
  }

  /** Nothing in the line of its end, and no more JSON in the next. */
  private isFollowedByWords(): bool {
    const text = this.text;
    let at = this.end;
    while (at < text.length && (text.at(at) == SPACE || text.at(at) == TAB)) at++;
    while (at < text.length && text.at(at) == TICK) at++;
    while (at < text.length && isBlank(text.at(at)) && text.at(at) != LF) at++;
    if (at == text.length) return true;
    if (text.at(at) != LF) return false;
    while (at < text.length && isBlank(text.at(at))) at++;
    return at == text.length || !"{}[],:\"".includes(String.fromCharCode(text.at(at)));
  }
}

/** Brackets and strings, character by character. */
@final class Scan {
  private stack: Array<i32> = [];
  private isInString: bool = false;
  private isEscaped: bool = false;

  get depth(): i32 {
    return this.stack.length;
  }

  /** Whether it is a mark: a bracket, comma or colon outside of strings, or a string's quote. */
  take(c: i32, out: Out): bool {
    if (this.isInString) {
      if (this.isEscaped) this.isEscaped = false;
      else if (c == BACKSLASH) this.isEscaped = true;
      else if (c == QUOTE) return !(this.isInString = false);
      return false;
    }
    switch (c) {
      case QUOTE: return this.isInString = true;
      case OBJECT: case LIST: return this.open(c == OBJECT ? OBJECT_END : LIST_END, out);
      case OBJECT_END: case LIST_END: return this.shut(c, out);
      default: return c == COMMA || c == COLON;
    }
  }

  private open(end: i32, out: Out): bool {
    if (this.stack.length == out.bounds.depth) {
      out.fail("depth", "it is nested too deep");
      return false;
    }
    this.stack.push(end);
    return true;
  }

  private shut(end: i32, out: Out): bool {
    if (this.stack.length && this.stack.pop() == end) return true;
    out.fail("syntax", "a bracket closes nothing");
    return false;
  }
}

/** Refuse what is nested too deep; whether it was. */
export function depthFault(text: string, out: Out): bool {
  const scan = new Scan();
  for (let i = 0; i < text.length && out.fault === null; i++) scan.take(text.charCodeAt(i), out);
  return out.fault !== null;
}

/** The elements of the list that a path leads to. */
@final class List {
  isOver: bool = false;
  /** Members of the path that are open. */
  private onPath: i32 = 0;
  /** The value that comes next is the path's next member, or the list. */
  private isNext: bool;
  private isKey: bool = false;
  private key: string = "";
  private keyBegin: i32 = -1;
  /** Where the element begins, while the list is open. */
  private begin: i32 = -1;
  private hasAny: bool = false;

  constructor(private path: Array<string>, private text: TextBuffer) {
    this.isNext = !path.length;
  }

  /** Take a mark and the depth after it; where the element begins that ends with it, or -1. */
  note(at: i32, mark: i32, depth: i32): i32 {
    if (this.begin >= 0) return this.element(at, mark, depth);
    const here = this.onPath + 1;
    if (mark == OBJECT || mark == LIST) this.enter(at, mark, depth);
    else if (depth == here && mark == QUOTE) this.quote(at);
    else if (depth == here && mark == COLON) {
      this.isKey = false;
      this.isNext = here <= this.path.length && this.path[here - 1] == this.key;
    } else if (depth == here && mark == COMMA) {
      this.isKey = true;
      this.isNext = false;
    } else if ((mark == OBJECT_END || mark == LIST_END) && depth == this.onPath && depth > 0) this.onPath--;
    return -1;
  }

  private element(at: i32, mark: i32, depth: i32): i32 {
    const begin = this.begin, isLast = depth <= this.path.length && mark == LIST_END;
    if (!isLast && (mark != COMMA || depth != this.path.length + 1)) return -1;
    this.begin = isLast ? -1 : at + 1;
    this.isOver = isLast;
    const isNone = isLast && !this.hasAny && !this.text.slice(begin, at).trimStart().length;
    this.hasAny = true;
    return isNone ? -1 : begin;
  }

  private enter(at: i32, mark: i32, depth: i32): void {
    const isValue = depth == this.onPath + 2;
    if (this.isNext && mark == LIST && depth == this.path.length + 1) {
      this.begin = at + 1;
    } else if (this.isNext && mark == OBJECT && isValue) {
      this.onPath++;
      this.isKey = true;
    } else if (depth == 1) {
      this.isKey = true;
      this.isOver = !this.path.length;
    }
    if (isValue) this.isNext = false;
  }

  /** Of the two quotes of a name the second makes it known. */
  private quote(at: i32): void {
    const begin = this.keyBegin;
    this.keyBegin = begin < 0 && this.isKey ? at : -1;
    if (begin < 0) return;
    const read = Json.parse(this.text.slice(begin, at + 1));
    this.key = read.isOk ? read.value.textOr("") : "";
  }
}

/** Where in a text with words before it the value begins. */
@final class Begin {
  /** Blanks since a line or a value began, or -1 if something else has come. */
  private blanks: i32 = 0;
  /** Where a list begins if one of what is no number comes, and the blanks since. */
  private list: i32 = -1;
  private listBlanks: i32 = 0;

  find(text: TextBuffer, from: i32): i32 {
    for (let at = from; at < text.length; at++) {
      const begin = this.take(text.at(at), at);
      if (begin >= 0) return begin;
    }
    return -1;
  }

  private take(c: i32, at: i32): i32 {
    const list = this.list;
    this.list = -1;
    if (list >= 0) {
      if (c == OBJECT || c == LIST || c == QUOTE) return list;
      if (isBlank(c) && this.listBlanks++ < BLANKS) this.list = list;
    }
    if (c == OBJECT || (c == LIST && this.blanks >= 0)) return at;
    if (c == LIST) {
      this.list = at;
      this.listBlanks = 0;
    }
    if (c == LF || c == COLON) this.blanks = 0;
    else if ((c == SPACE || c == TAB) && this.blanks >= 0 && this.blanks < BLANKS) this.blanks++;
    else this.blanks = -1;
    return -1;
  }
}
