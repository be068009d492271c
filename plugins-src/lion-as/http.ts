// Look here if you want to know how a guest asks servers:
//
//     const page = get("https://example.com/a").header("accept", "text/html").send();
//
//     const exchange = get("https://example.com/feed").start().unwrap();       // what is long is read as it comes
//     while (exchange.next()) use(exchange.value);

import * as host from "./host/http";
import { Failure, Head } from "./host/http";
import { Error_, ErrorTag } from "./host/types";
import { Bytes } from "./bytes";
import { commonError } from "./errors";
import { Json } from "./json";
import { bytesOf, fromBytes, lossyText, toBytes } from "./packed";
import { Option, Result, Unit } from "./values";

export { Failure, FailureTag, Head } from "./host/http";

/** Bytes one call carries to the host, and brings from it. */
const PIECE: i32 = 65_536;
const READ: u32 = 262_144;

/** A GET. */
export function get(url: string): Request {
  return new Request("GET", url);
}

/** A POST. */
export function post(url: string): Request {
  return new Request("POST", url);
}

/** A request in the making, of any method. */
export class Request {
  private headers: string = "";
  private sent: Uint8Array | null = null;
  private limit: Option<u64> = Option.none<u64>();

  constructor(readonly method: string, readonly url: string) {}

  /** One header more. */
  header(name: string, value: string): Request {
    // A line of its own would be a header of its own.
    const line = name + ": " + value.replaceAll("\r", " ").replaceAll("\n", " ");
    this.headers = this.headers.length ? this.headers + "\n" + line : line;
    return this;
  }

  /** The whole body. One of more than 64 KiB goes out in pieces. */
  body(bytes: Uint8Array): Request {
    this.sent = bytes;
    return this;
  }

  /** A value as JSON, and the header that says so. */
  json(value: Json): Request {
    return this.header("content-type", "application/json").body(bytesOf(value.toString()));
  }

  /** How many nanoseconds all of it may take; less than what the grant says. */
  timeout(time: u64): Request {
    this.limit = Option.some<u64>(time);
    return this;
  }

  /** Ask and wait for the whole answer, however long it is. */
  send(): Result<Response, Failure> {
    const started = this.start();
    if (started.isErr) return started.pass<Response>();
    const exchange = started.value;
    const head = exchange.head();
    const whole = head.isErr ? head.pass<Uint8Array>() : exchange.whole();
    exchange.end();
    if (whole.isErr) return whole.pass<Response>();
    const answer = new Response(head.value.status, head.value.url, head.value.headers, whole.value);
    return Result.ok<Response, Failure>(answer);
  }

  /** Ask and go on; the answer is read as it comes. */
  start(): Result<Exchange, Failure> {
    const body = this.sent;
    if (body === null || body.length <= PIECE) return this.begin(body, false);
    const begun = this.begin(null, true);
    if (begun.isErr) return begun;
    let written = begun.value.write(body);
    if (written.isOk) written = begun.value.finish();
    if (written.isOk) return begun;
    begun.value.end();
    return written.pass<Exchange>();
  }

  /** Ask and go on; the body follows by `write` and ends by `finish`. */
  stream(): Result<Exchange, Failure> {
    return this.begin(null, true);
  }

  private begin(body: Uint8Array | null, streams: bool): Result<Exchange, Failure> {
    const packed = body !== null ? fromBytes(body) : null;
    const started = host.start(new host.Request(this.method, this.url, this.headers, packed, this.limit), streams);
    return started.isErr ? started.pass<Exchange>() : Result.ok<Exchange, Failure>(new Exchange(started.value));
  }
}

/** A whole answer. `url` is where it came from in the end, after redirects. */
export class Response {
  constructor(readonly status: u16, readonly url: string, readonly headers: string, readonly body: Uint8Array) {}

  /** The first header of this name, in whatever case; null if there is none. */
  header(name: string): string | null {
    return headerOf(this.headers, name);
  }

  /** Whether the status is one of success. */
  get isGood(): bool {
    return this.status >= 200 && this.status < 300;
  }

  /** Itself, or an error that names the status. */
  good(): Result<Response, Error_> {
    if (this.isGood) return Result.ok<Response, Error_>(this);
    const words = this.url + " answers " + this.status.toString();
    const isGone = this.status == 404 || this.status == 410;
    return Result.err<Response, Error_>(isGone ? Error_.notFound(words) : Error_.other(words));
  }

  /** The body as text; what is not UTF-8 becomes U+FFFD. */
  text(): string {
    return lossyText(this.body);
  }

  /** The body read as JSON. */
  json(): Result<Json, Error_> {
    return Json.parse(this.text());
  }
}

/** A header out of lines `name: value`, whatever its case. */
export function headerOf(headers: string, name: string): string | null {
  const lines = headers.split("\n");
  const wanted = name.toLowerCase();
  for (let i = 0; i < lines.length; i++) {
    const end = lines[i].indexOf(": ");
    if (end >= 0 && lines[i].substring(0, end).toLowerCase() == wanted) return lines[i].substring(end + 2);
  }
  return null;
}

/**
 * An exchange under way: a stream of the pieces of the answer's body. For `Select` it has two handles: `handle` is ready
 * when the head or the next piece is there, `room` when there is room to write. `end()` ends it.
 */
export class Exchange extends Bytes<Failure> {
  constructor(private started: host.Started) {
    super();
  }

  get handle(): u32 {
    return this.started.readable;
  }

  get room(): u32 {
    return this.started.writable;
  }

  /** Send more of the body; waits while there is no room. */
  write(bytes: Uint8Array): Result<Unit, Failure> {
    for (let from = 0; from < bytes.length; from += PIECE) {
      const piece = bytes.subarray(from, min(from + PIECE, bytes.length));
      const written = this.started.exchange.write(fromBytes(piece));
      if (written.isErr) return written;
    }
    return Result.done<Failure>();
  }

  /** The body is complete. */
  finish(): Result<Unit, Failure> {
    return this.started.exchange.finish();
  }

  /** Status and headers. Waits. */
  head(): Result<Head, Failure> {
    return this.started.exchange.head();
  }

  protected pull(): Result<Uint8Array | null, Failure> {
    const piece = this.started.exchange.read(READ);
    if (piece.isErr) return piece.pass<Uint8Array | null>();
    if (piece.value === null) return Result.ok<Uint8Array | null, Failure>(null);
    const bytes = toBytes(changetype<string>(piece.value));
    if (bytes.isOk) return Result.ok<Uint8Array | null, Failure>(bytes.value);
    return Result.err<Uint8Array | null, Failure>(Failure.invalid(bytes.error.toString()));
  }

  close(): void {
    this.started.exchange.drop();
  }
}

/** A failure as an Error_: what only the network has becomes `unavailable`, or `other` where trying again does not help. */
export function asError(failure: Failure): Error_ {
  const isFinal = failure.tag == host.FailureTag.Redirects || failure.tag == host.FailureTag.Protocol;
  return commonError<Failure>(failure, isFinal ? ErrorTag.Other : ErrorTag.Unavailable);
}
