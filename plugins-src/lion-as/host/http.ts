// Made from lion's wit/ (see lion/toolchain/assemblyscript/library.py). Do not edit.
// The interface lion:host/http@0.1.0.

import * as abi from "lion-as/abi";
import {
  loadResultOfHeadOrHttpFailure,
  loadResultOfHttpStartedOrHttpFailure,
  loadResultOfOptionOfStringOrHttpFailure,
  loadResultOfResponseOrHttpFailure,
  loadResultOfUnitOrHttpFailure,
} from "./canonical";
import { Option, Result, Unit } from "lion-as";
import { Resource } from "lion-as/abi";

/** What to ask. `headers` are lines `name: value` joined by newlines, at most 16 KiB. */
@final export class Request {
  constructor(
    public method: string,
    public url: string,
    public headers: string,
    public body: string | null,
    public timeout: Option<u64>,
  ) {}
}

/** What came back: status, headers as lines `name: value`, the body after decompression. */
@final export class Response {
  constructor(
    public status: u16,
    public headers: string,
    public url: string,
    public body: string,
  ) {}
}

/** Why an exchange gave nothing: the cases of `types.error`, and what only the network has. */
export enum FailureTag {
  Denied = 0,
  Invalid = 1,
  NotFound = 2,
  Exists = 3,
  Conflict = 4,
  Exhausted = 5,
  Timeout = 6,
  Cancelled = 7,
  Unavailable = 8,
  Other = 9,
  Dns = 10,
  Connection = 11,
  Tls = 12,
  Redirects = 13,
  Protocol = 14,
}

@final export class Failure {
  _held0: string | null = null;
  private constructor(readonly tag: FailureTag) {}

  static denied(value: string): Failure {
    return Failure._holding0(FailureTag.Denied, value);
  }

  static invalid(value: string): Failure {
    return Failure._holding0(FailureTag.Invalid, value);
  }

  static notFound(value: string): Failure {
    return Failure._holding0(FailureTag.NotFound, value);
  }

  static exists(value: string): Failure {
    return Failure._holding0(FailureTag.Exists, value);
  }

  static conflict(value: string): Failure {
    return Failure._holding0(FailureTag.Conflict, value);
  }

  static exhausted(value: string): Failure {
    return Failure._holding0(FailureTag.Exhausted, value);
  }

  static timeout(value: string): Failure {
    return Failure._holding0(FailureTag.Timeout, value);
  }

  static cancelled(value: string): Failure {
    return Failure._holding0(FailureTag.Cancelled, value);
  }

  static unavailable(value: string): Failure {
    return Failure._holding0(FailureTag.Unavailable, value);
  }

  static other(value: string): Failure {
    return Failure._holding0(FailureTag.Other, value);
  }

  static dns(value: string): Failure {
    return Failure._holding0(FailureTag.Dns, value);
  }

  static connection(value: string): Failure {
    return Failure._holding0(FailureTag.Connection, value);
  }

  static tls(value: string): Failure {
    return Failure._holding0(FailureTag.Tls, value);
  }

  static redirects(value: string): Failure {
    return Failure._holding0(FailureTag.Redirects, value);
  }

  static protocol(value: string): Failure {
    return Failure._holding0(FailureTag.Protocol, value);
  }

  asDenied(): string {
    if (this.tag != FailureTag.Denied) abort("this is no denied but " + this.toString());
    return changetype<string>(this._held0);
  }

  asInvalid(): string {
    if (this.tag != FailureTag.Invalid) abort("this is no invalid but " + this.toString());
    return changetype<string>(this._held0);
  }

  asNotFound(): string {
    if (this.tag != FailureTag.NotFound) abort("this is no not-found but " + this.toString());
    return changetype<string>(this._held0);
  }

  asExists(): string {
    if (this.tag != FailureTag.Exists) abort("this is no exists but " + this.toString());
    return changetype<string>(this._held0);
  }

  asConflict(): string {
    if (this.tag != FailureTag.Conflict) abort("this is no conflict but " + this.toString());
    return changetype<string>(this._held0);
  }

  asExhausted(): string {
    if (this.tag != FailureTag.Exhausted) abort("this is no exhausted but " + this.toString());
    return changetype<string>(this._held0);
  }

  asTimeout(): string {
    if (this.tag != FailureTag.Timeout) abort("this is no timeout but " + this.toString());
    return changetype<string>(this._held0);
  }

  asCancelled(): string {
    if (this.tag != FailureTag.Cancelled) abort("this is no cancelled but " + this.toString());
    return changetype<string>(this._held0);
  }

  asUnavailable(): string {
    if (this.tag != FailureTag.Unavailable) abort("this is no unavailable but " + this.toString());
    return changetype<string>(this._held0);
  }

  asOther(): string {
    if (this.tag != FailureTag.Other) abort("this is no other but " + this.toString());
    return changetype<string>(this._held0);
  }

  asDns(): string {
    if (this.tag != FailureTag.Dns) abort("this is no dns but " + this.toString());
    return changetype<string>(this._held0);
  }

  asConnection(): string {
    if (this.tag != FailureTag.Connection) abort("this is no connection but " + this.toString());
    return changetype<string>(this._held0);
  }

  asTls(): string {
    if (this.tag != FailureTag.Tls) abort("this is no tls but " + this.toString());
    return changetype<string>(this._held0);
  }

  asRedirects(): string {
    if (this.tag != FailureTag.Redirects) abort("this is no redirects but " + this.toString());
    return changetype<string>(this._held0);
  }

  asProtocol(): string {
    if (this.tag != FailureTag.Protocol) abort("this is no protocol but " + this.toString());
    return changetype<string>(this._held0);
  }

  /** The name of the case, and its text if it has one. */
  toString(): string {
    switch (this.tag) {
      case FailureTag.Denied: return "denied" + ": " + changetype<string>(this._held0);
      case FailureTag.Invalid: return "invalid" + ": " + changetype<string>(this._held0);
      case FailureTag.NotFound: return "not-found" + ": " + changetype<string>(this._held0);
      case FailureTag.Exists: return "exists" + ": " + changetype<string>(this._held0);
      case FailureTag.Conflict: return "conflict" + ": " + changetype<string>(this._held0);
      case FailureTag.Exhausted: return "exhausted" + ": " + changetype<string>(this._held0);
      case FailureTag.Timeout: return "timeout" + ": " + changetype<string>(this._held0);
      case FailureTag.Cancelled: return "cancelled" + ": " + changetype<string>(this._held0);
      case FailureTag.Unavailable: return "unavailable" + ": " + changetype<string>(this._held0);
      case FailureTag.Other: return "other" + ": " + changetype<string>(this._held0);
      case FailureTag.Dns: return "dns" + ": " + changetype<string>(this._held0);
      case FailureTag.Connection: return "connection" + ": " + changetype<string>(this._held0);
      case FailureTag.Tls: return "tls" + ": " + changetype<string>(this._held0);
      case FailureTag.Redirects: return "redirects" + ": " + changetype<string>(this._held0);
      case FailureTag.Protocol: return "protocol" + ": " + changetype<string>(this._held0);
    }
    return unreachable();
  }

  static _holding0(tag: FailureTag, value: string): Failure {
    const made = new Failure(tag);
    made._held0 = value;
    return made;
  }
}

/** Status and headers of an answer whose body follows. */
@final export class Head {
  constructor(
    public status: u16,
    public headers: string,
    public url: string,
  ) {}
}

/**
 * An exchange just started, and the handles by which `poll` knows that there is room to write, and
 * that the head or the next piece is there.
 */
@final export class Started {
  constructor(
    public exchange: Exchange,
    public writable: u32,
    public readable: u32,
  ) {}
}

// @ts-ignore: decorator
@external("lion:host/http@0.1.0", "[method]exchange.write")
declare function _Method$Exchange$Write(_0: i32, _1: i32, _2: i32, _3: i32): void;

// @ts-ignore: decorator
@external("lion:host/http@0.1.0", "[method]exchange.finish")
declare function _Method$Exchange$Finish(_0: i32, _1: i32): void;

// @ts-ignore: decorator
@external("lion:host/http@0.1.0", "[method]exchange.head")
declare function _Method$Exchange$Head(_0: i32, _1: i32): void;

// @ts-ignore: decorator
@external("lion:host/http@0.1.0", "[method]exchange.read")
declare function _Method$Exchange$Read(_0: i32, _1: i32, _2: i32): void;

// @ts-ignore: decorator
@external("lion:host/http@0.1.0", "send")
declare function _Send(_0: i32, _1: i32, _2: i32, _3: i32, _4: i32, _5: i32, _6: i32, _7: i32, _8: i32, _9: i32, _10: i64, _11: i32): void;

// @ts-ignore: decorator
@external("lion:host/http@0.1.0", "start")
declare function _Start(_0: i32, _1: i32, _2: i32, _3: i32, _4: i32, _5: i32, _6: i32, _7: i32, _8: i32, _9: i32, _10: i64, _11: i32, _12: i32): void;

// @ts-ignore: decorator
@external("lion:host/http@0.1.0", "[resource-drop]exchange")
declare function _dropExchange(handle: i32): void;

/** An exchange under way. Dropping it ends it. */
export class Exchange extends Resource {
  protected _kind(): string { return "exchange"; }
  protected _dropHandle(handle: i32): void { _dropExchange(handle); }

  /** Send a piece of the request's body, at most 64 KiB; waits while there is no room. */
  write(piece: string): Result<Unit, Failure> {
    const _mark = abi.mark();
    const _1 = abi.lowerString(piece);
    const _2 = abi.length;
    const _to = abi.take(16, 4);
    _Method$Exchange$Write(this._handle, _1, _2, _to);
    const _answer = loadResultOfUnitOrHttpFailure(_to);
    abi.release(_mark);
    return _answer;
  }

  /** The request's body is complete. */
  finish(): Result<Unit, Failure> {
    const _mark = abi.mark();
    const _to = abi.take(16, 4);
    _Method$Exchange$Finish(this._handle, _to);
    const _answer = loadResultOfUnitOrHttpFailure(_to);
    abi.release(_mark);
    return _answer;
  }

  /** Wait for the head of the answer. It may be asked for again. */
  head(): Result<Head, Failure> {
    const _mark = abi.mark();
    const _to = abi.take(24, 4);
    _Method$Exchange$Head(this._handle, _to);
    const _answer = loadResultOfHeadOrHttpFailure(_to);
    abi.release(_mark);
    return _answer;
  }

  /** The next piece of the answer's body, at most `max` (1 to 262,144) bytes; none at its end. Waits. */
  read(max: u32): Result<string | null, Failure> {
    const _mark = abi.mark();
    const _to = abi.take(16, 4);
    _Method$Exchange$Read(this._handle, max, _to);
    const _answer = loadResultOfOptionOfStringOrHttpFailure(_to);
    abi.release(_mark);
    return _answer;
  }
}

/** Ask and wait for the whole answer, whose body has at most 262,144 bytes (else `exhausted`: use `start`). */
export function send(request: Request): Result<Response, Failure> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(request.method);
  const _2 = abi.length;
  const _3 = abi.lowerString(request.url);
  const _4 = abi.length;
  const _5 = abi.lowerString(request.headers);
  const _6 = abi.length;
  const _7 = request.body;
  let _8: i32 = 0;
  let _9: i32 = 0;
  if (_7 !== null) {
    const _10 = abi.lowerString(_7);
    const _11 = abi.length;
    _8 = _10;
    _9 = _11;
  }
  const _12 = request.timeout;
  let _13: i64 = 0;
  if (_12.isSome) {
    _13 = _12.unwrap();
  }
  const _to = abi.take(32, 4);
  _Send(_1, _2, _3, _4, _5, _6, <i32>(_7 !== null), _8, _9, <i32>(_12.isSome), _13, _to);
  const _answer = loadResultOfResponseOrHttpFailure(_to);
  abi.release(_mark);
  return _answer;
}

/** Start an exchange and go on; does not wait for the network. With `streams` the body follows by `write`. */
export function start(request: Request, streams: bool): Result<Started, Failure> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(request.method);
  const _2 = abi.length;
  const _3 = abi.lowerString(request.url);
  const _4 = abi.length;
  const _5 = abi.lowerString(request.headers);
  const _6 = abi.length;
  const _7 = request.body;
  let _8: i32 = 0;
  let _9: i32 = 0;
  if (_7 !== null) {
    const _10 = abi.lowerString(_7);
    const _11 = abi.length;
    _8 = _10;
    _9 = _11;
  }
  const _12 = request.timeout;
  let _13: i64 = 0;
  if (_12.isSome) {
    _13 = _12.unwrap();
  }
  const _to = abi.take(16, 4);
  _Start(_1, _2, _3, _4, _5, _6, <i32>(_7 !== null), _8, _9, <i32>(_12.isSome), _13, streams, _to);
  const _answer = loadResultOfHttpStartedOrHttpFailure(_to);
  abi.release(_mark);
  return _answer;
}
