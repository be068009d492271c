// Look here if you want to know how what a model writes is read while it writes: JSON, JSON lines, lines.
//
//     const found = Reader.json("found");
//     while (answer.next()) if (answer.value.isText) use(found.feed(answer.value.text));   // a Record as soon as it is whole
//     const value = found.finish();                                                        // Result<Json, Fault>
//
// Rule: it does not matter how the text is cut. Words and a code fence around JSON are passed over, as the host's own
// parsers do; what could be read in two ways is a fault.

import { Json } from "./json";
import { concat } from "./concat";
import { JsonFormat, depthFault } from "./parse-json";
import { Result } from "./values";

export enum EventKind {
  /** A part that is whole: an element of the list, a line. */
  Record,
  /** Words before or behind what is read. */
  Prose,
  /** There will be no value; the last event. */
  Fault,
}

/** Why there is no value: `syntax`, `incomplete`, `missing`, `size`, `records` or `depth`, and a sentence. */
@final export class Fault {
  constructor(readonly kind: string, readonly what: string) {}
}

/** What is told while reading: a record's `value`, the `text` of words, or the `fault`. */
@final export class Event {
  value: Json = Json.null_();
  text: string = "";
  fault: Fault | null = null;

  constructor(readonly kind: EventKind) {}
}

/** A text without the space around it. AssemblyScript's own `trim` leaves some where that is more than half. */
function bare(text: string): string {
  return text.trimStart().trimEnd();
}

/** What a text may be: characters in all, records, levels of nesting. */
@final export class Bounds {
  size: i32 = 1 << 20;
  records: i32 = 10_000;
  depth: i32 = 64;
}

/** Where a format puts what it has to tell; once it has a fault nothing follows. */
@final export class Out {
  events: Array<Event> = [];
  fault: Fault | null = null;
  private count: i32 = 0;

  constructor(public bounds: Bounds) {}

  fail(kind: string, what: string): void {
    if (this.fault !== null) return;
    const event = new Event(EventKind.Fault);
    event.fault = this.fault = new Fault(kind, what);
    this.events.push(event);
  }

  /** A record from its text, strictly; whether it was one. */
  record(text: string): Json | null {
    const read = Json.parse(text);
    if (read.isErr) {
      this.fail("syntax", "it is no JSON");
      return null;
    }
    this.tell(read.value);
    return read.value;
  }

  tell(value: Json): void {
    if (this.count++ == this.bounds.records) return this.fail("records", "there are more records than there may be");
    const event = new Event(EventKind.Record);
    event.value = value;
    this.events.push(event);
  }

  /** Words, without the marks of a code block. */
  prose(text: string): void {
    const lines = bare(text).split("\n");
    while (lines.length && lines[lines.length - 1].trimStart().startsWith("```")) lines.pop();
    while (lines.length && bare(lines[0]) == "```") lines.shift();
    const words = bare(lines.join("\n"));
    if (!words.length) return;
    const event = new Event(EventKind.Prose);
    event.text = words;
    this.events.push(event);
  }
}

/** A format; what it does not take it says to `out`. */
export abstract class Format {
  abstract take(piece: string, out: Out): void;
  abstract close(out: Out): Json;
}

/** Reads a text that comes in pieces. */
@final export class Reader {
  private out: Out;
  private size: i32 = 0;

  constructor(private format: Format, bounds: Bounds) {
    this.out = new Out(bounds);
  }

  /** A JSON value. `records` is the path to the list whose elements are records, `a.b`; empty: the value itself. */
  static json(records: string = "", bounds: Bounds = new Bounds()): Reader {
    return new Reader(new JsonFormat(records), bounds);
  }

  /** JSON values, one in each line. */
  static jsonLines(bounds: Bounds = new Bounds()): Reader {
    return new Reader(new LinesFormat(true), bounds);
  }

  /** Each line is a record. */
  static lines(bounds: Bounds = new Bounds()): Reader {
    return new Reader(new LinesFormat(false), bounds);
  }

  /** Take the next piece; what is known now. */
  feed(piece: string): Array<Event> {
    const out = this.out;
    if (out.fault === null) {
      this.size += piece.length;
      if (this.size > out.bounds.size) out.fail("size", "it is longer than it may be");
      else this.format.take(piece, out);
    }
    return this.rest();
  }

  /** The whole value, or why there is none. What became known only now is in `rest`. */
  finish(): Result<Json, Fault> {
    const out = this.out;
    const value = out.fault === null ? this.format.close(out) : Json.null_();
    const fault = out.fault;
    return fault !== null ? Result.err<Json, Fault>(fault) : Result.ok<Json, Fault>(value);
  }

  /** What became known by finishing: a last line without its end, words behind, a fault. */
  rest(): Array<Event> {
    const told = this.out.events;
    this.out.events = [];
    return told;
  }
}

/** Lines, or JSON lines with words around them. */
@final class LinesFormat extends Format {
  private held: Array<string> = [];
  private values: Json = Json.list();
  private words: Array<string> = [];
  private isOver: bool = false;

  constructor(private isJson: bool) {
    super();
  }

  take(piece: string, out: Out): void {
    const parts = piece.split("\n");
    this.held.push(parts[0]);
    for (let i = 1; i < parts.length && out.fault === null; i++) {
      this.whole(out);
      this.held.push(parts[i]);
    }
  }

  private whole(out: Out): void {
    let line = concat(this.held);
    this.held = [];
    if (line.endsWith("\r")) line = line.substring(0, line.length - 1);
    if (this.isJson) this.json(line, out);
    else this.add(Json.of(line), out);
  }

  private add(value: Json, out: Out): void {
    out.tell(value);
    this.values.push(value);
  }

  private json(line: string, out: Out): void {
    const text = bare(line);
    if (!this.isOver && (text.startsWith("{") || text.startsWith("["))) {
      this.tellWords(out);
      if (depthFault(text, out)) return;
      const value = out.record(text);
      if (value !== null) this.values.push(changetype<Json>(value));
    } else if (text.startsWith("```")) {
      this.isOver = this.values.length > 0;
    } else if (text.length && this.values.length && !this.isOver) {
      out.fail("syntax", "a line is no JSON object and no list");
    } else if (text.length) {
      this.words.push(line);
    }
  }

  private tellWords(out: Out): void {
    out.prose(this.words.join("\n"));
    this.words = [];
  }

  close(out: Out): Json {
    if (concat(this.held).length) this.whole(out);
    if (this.isJson && out.fault === null) {
      this.tellWords(out);
      if (!this.values.length) out.fail("missing", "there is no line of JSON in it");
    }
    return this.values;
  }
}
