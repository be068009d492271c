// Made from lion's wit/ (see lion/toolchain/assemblyscript/library.py). Do not edit.
// The interface lion:host/fs@0.1.0.

import * as abi from "lion-as/abi";
import {
  loadResultOfFileOrFailure,
  loadResultOfListOfStringOrFailure,
  loadResultOfMetadataOrFailure,
  loadResultOfStringOrFailure,
  loadResultOfU64OrFailure,
  loadResultOfUnitOrFailure,
} from "./canonical";
import { Option, Result, Unit } from "lion-as";
import { Resource } from "lion-as/abi";

/** Why a file operation gave nothing: the cases of `types.error`, and what only files have. */
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
  IsDirectory = 10,
  NotDirectory = 11,
  NotEmpty = 12,
  ReadOnly = 13,
  Loop = 14,
  NameTooLong = 15,
  Busy = 16,
  Unsupported = 17,
  InputOutput = 18,
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

  static isDirectory(value: string): Failure {
    return Failure._holding0(FailureTag.IsDirectory, value);
  }

  static notDirectory(value: string): Failure {
    return Failure._holding0(FailureTag.NotDirectory, value);
  }

  static notEmpty(value: string): Failure {
    return Failure._holding0(FailureTag.NotEmpty, value);
  }

  static readOnly(value: string): Failure {
    return Failure._holding0(FailureTag.ReadOnly, value);
  }

  static loop(value: string): Failure {
    return Failure._holding0(FailureTag.Loop, value);
  }

  static nameTooLong(value: string): Failure {
    return Failure._holding0(FailureTag.NameTooLong, value);
  }

  static busy(value: string): Failure {
    return Failure._holding0(FailureTag.Busy, value);
  }

  static unsupported(value: string): Failure {
    return Failure._holding0(FailureTag.Unsupported, value);
  }

  static inputOutput(value: string): Failure {
    return Failure._holding0(FailureTag.InputOutput, value);
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

  asIsDirectory(): string {
    if (this.tag != FailureTag.IsDirectory) abort("this is no is-directory but " + this.toString());
    return changetype<string>(this._held0);
  }

  asNotDirectory(): string {
    if (this.tag != FailureTag.NotDirectory) abort("this is no not-directory but " + this.toString());
    return changetype<string>(this._held0);
  }

  asNotEmpty(): string {
    if (this.tag != FailureTag.NotEmpty) abort("this is no not-empty but " + this.toString());
    return changetype<string>(this._held0);
  }

  asReadOnly(): string {
    if (this.tag != FailureTag.ReadOnly) abort("this is no read-only but " + this.toString());
    return changetype<string>(this._held0);
  }

  asLoop(): string {
    if (this.tag != FailureTag.Loop) abort("this is no loop but " + this.toString());
    return changetype<string>(this._held0);
  }

  asNameTooLong(): string {
    if (this.tag != FailureTag.NameTooLong) abort("this is no name-too-long but " + this.toString());
    return changetype<string>(this._held0);
  }

  asBusy(): string {
    if (this.tag != FailureTag.Busy) abort("this is no busy but " + this.toString());
    return changetype<string>(this._held0);
  }

  asUnsupported(): string {
    if (this.tag != FailureTag.Unsupported) abort("this is no unsupported but " + this.toString());
    return changetype<string>(this._held0);
  }

  asInputOutput(): string {
    if (this.tag != FailureTag.InputOutput) abort("this is no input-output but " + this.toString());
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
      case FailureTag.IsDirectory: return "is-directory" + ": " + changetype<string>(this._held0);
      case FailureTag.NotDirectory: return "not-directory" + ": " + changetype<string>(this._held0);
      case FailureTag.NotEmpty: return "not-empty" + ": " + changetype<string>(this._held0);
      case FailureTag.ReadOnly: return "read-only" + ": " + changetype<string>(this._held0);
      case FailureTag.Loop: return "loop" + ": " + changetype<string>(this._held0);
      case FailureTag.NameTooLong: return "name-too-long" + ": " + changetype<string>(this._held0);
      case FailureTag.Busy: return "busy" + ": " + changetype<string>(this._held0);
      case FailureTag.Unsupported: return "unsupported" + ": " + changetype<string>(this._held0);
      case FailureTag.InputOutput: return "input-output" + ": " + changetype<string>(this._held0);
    }
    return unreachable();
  }

  static _holding0(tag: FailureTag, value: string): Failure {
    const made = new Failure(tag);
    made._held0 = value;
    return made;
  }
}

/** What a path is. Devices, sockets and pipes are `other` and cannot be opened. */
export enum Kind {
  File = 0,
  Directory = 1,
  Symlink = 2,
  Other = 3,
}

/** What is known of a path. Times are nanoseconds since 1970-01-01T00:00:00Z. */
@final export class Metadata {
  constructor(
    public kind: Kind,
    public size: u64,
    public links: u64,
    public accessed: u64,
    public modified: u64,
    public changed: u64,
    public identity: string,
  ) {}
}

/** How to open. */
// Joined with `|`.
export enum Mode {
  Read = 1,
  Write = 2,
  Create = 4,
  Exclusive = 8,
  Truncate = 16,
  Directory = 32,
}

// @ts-ignore: decorator
@external("lion:host/fs@0.1.0", "[method]file.read-at")
declare function _Method$File$ReadAt(_0: i32, _1: i64, _2: i32, _3: i32): void;

// @ts-ignore: decorator
@external("lion:host/fs@0.1.0", "[method]file.write-at")
declare function _Method$File$WriteAt(_0: i32, _1: i64, _2: i32, _3: i32, _4: i32): void;

// @ts-ignore: decorator
@external("lion:host/fs@0.1.0", "[method]file.append")
declare function _Method$File$Append(_0: i32, _1: i32, _2: i32, _3: i32): void;

// @ts-ignore: decorator
@external("lion:host/fs@0.1.0", "[method]file.stat")
declare function _Method$File$Stat(_0: i32, _1: i32): void;

// @ts-ignore: decorator
@external("lion:host/fs@0.1.0", "[method]file.set-size")
declare function _Method$File$SetSize(_0: i32, _1: i64, _2: i32): void;

// @ts-ignore: decorator
@external("lion:host/fs@0.1.0", "[method]file.set-times")
declare function _Method$File$SetTimes(_0: i32, _1: i32, _2: i64, _3: i32, _4: i64, _5: i32): void;

// @ts-ignore: decorator
@external("lion:host/fs@0.1.0", "[method]file.sync")
declare function _Method$File$Sync(_0: i32, _1: i32): void;

// @ts-ignore: decorator
@external("lion:host/fs@0.1.0", "mounts")
declare function _Mounts(_0: i32): void;

// @ts-ignore: decorator
@external("lion:host/fs@0.1.0", "open")
declare function _Open(_0: i32, _1: i32, _2: i32, _3: i32): void;

// @ts-ignore: decorator
@external("lion:host/fs@0.1.0", "read")
declare function _Read(_0: i32, _1: i32, _2: i32): void;

// @ts-ignore: decorator
@external("lion:host/fs@0.1.0", "write")
declare function _Write(_0: i32, _1: i32, _2: i32, _3: i32, _4: i32): void;

// @ts-ignore: decorator
@external("lion:host/fs@0.1.0", "stat")
declare function _Stat(_0: i32, _1: i32, _2: i32, _3: i32): void;

// @ts-ignore: decorator
@external("lion:host/fs@0.1.0", "set-times")
declare function _SetTimes(_0: i32, _1: i32, _2: i32, _3: i64, _4: i32, _5: i64, _6: i32): void;

// @ts-ignore: decorator
@external("lion:host/fs@0.1.0", "list")
declare function _List(_0: i32, _1: i32, _2: i32, _3: i32, _4: i32, _5: i32, _6: i32): void;

// @ts-ignore: decorator
@external("lion:host/fs@0.1.0", "make-dir")
declare function _MakeDir(_0: i32, _1: i32, _2: i32): void;

// @ts-ignore: decorator
@external("lion:host/fs@0.1.0", "remove-dir")
declare function _RemoveDir(_0: i32, _1: i32, _2: i32): void;

// @ts-ignore: decorator
@external("lion:host/fs@0.1.0", "unlink")
declare function _Unlink(_0: i32, _1: i32, _2: i32): void;

// @ts-ignore: decorator
@external("lion:host/fs@0.1.0", "rename")
declare function _Rename(_0: i32, _1: i32, _2: i32, _3: i32, _4: i32): void;

// @ts-ignore: decorator
@external("lion:host/fs@0.1.0", "link")
declare function _Link(_0: i32, _1: i32, _2: i32, _3: i32, _4: i32): void;

// @ts-ignore: decorator
@external("lion:host/fs@0.1.0", "symlink")
declare function _Symlink(_0: i32, _1: i32, _2: i32, _3: i32, _4: i32): void;

// @ts-ignore: decorator
@external("lion:host/fs@0.1.0", "readlink")
declare function _Readlink(_0: i32, _1: i32, _2: i32): void;

// @ts-ignore: decorator
@external("lion:host/fs@0.1.0", "[resource-drop]file")
declare function _dropFile(handle: i32): void;

/** An open file. Closed when dropped. */
export class File extends Resource {
  protected _kind(): string { return "file"; }
  protected _dropHandle(handle: i32): void { _dropFile(handle); }

  /** At most `length` bytes (1 to 262,144) from `offset`; fewer only at the end, none beyond it. */
  readAt(offset: u64, length: u32): Result<string, Failure> {
    const _mark = abi.mark();
    const _to = abi.take(16, 4);
    _Method$File$ReadAt(this._handle, offset, length, _to);
    const _answer = loadResultOfStringOrFailure(_to);
    abi.release(_mark);
    return _answer;
  }

  /** Write at `offset`, at most 64 KiB. */
  writeAt(offset: u64, data: string): Result<Unit, Failure> {
    const _mark = abi.mark();
    const _1 = abi.lowerString(data);
    const _2 = abi.length;
    const _to = abi.take(16, 4);
    _Method$File$WriteAt(this._handle, offset, _1, _2, _to);
    const _answer = loadResultOfUnitOrFailure(_to);
    abi.release(_mark);
    return _answer;
  }

  /** Write at the end, at most 64 KiB. Answers the offset it went to. */
  append(data: string): Result<u64, Failure> {
    const _mark = abi.mark();
    const _1 = abi.lowerString(data);
    const _2 = abi.length;
    const _to = abi.take(24, 8);
    _Method$File$Append(this._handle, _1, _2, _to);
    const _answer = loadResultOfU64OrFailure(_to);
    abi.release(_mark);
    return _answer;
  }

  stat(): Result<Metadata, Failure> {
    const _mark = abi.mark();
    const _to = abi.take(64, 8);
    _Method$File$Stat(this._handle, _to);
    const _answer = loadResultOfMetadataOrFailure(_to);
    abi.release(_mark);
    return _answer;
  }

  setSize(size: u64): Result<Unit, Failure> {
    const _mark = abi.mark();
    const _to = abi.take(16, 4);
    _Method$File$SetSize(this._handle, size, _to);
    const _answer = loadResultOfUnitOrFailure(_to);
    abi.release(_mark);
    return _answer;
  }

  /** Set when it was accessed and modified; none leaves a time as it is. */
  setTimes(accessed: Option<u64>, modified: Option<u64>): Result<Unit, Failure> {
    const _mark = abi.mark();
    const _1 = accessed;
    let _2: i64 = 0;
    if (_1.isSome) {
      _2 = _1.unwrap();
    }
    const _3 = modified;
    let _4: i64 = 0;
    if (_3.isSome) {
      _4 = _3.unwrap();
    }
    const _to = abi.take(16, 4);
    _Method$File$SetTimes(this._handle, <i32>(_1.isSome), _2, <i32>(_3.isSome), _4, _to);
    const _answer = loadResultOfUnitOrFailure(_to);
    abi.release(_mark);
    return _answer;
  }

  /** Wait until what was written is on the disk. */
  sync(): Result<Unit, Failure> {
    const _mark = abi.mark();
    const _to = abi.take(16, 4);
    _Method$File$Sync(this._handle, _to);
    const _answer = loadResultOfUnitOrFailure(_to);
    abi.release(_mark);
    return _answer;
  }
}

/** The guest's side of every grant, sorted: where files may be. */
export function mounts(): Result<Array<string>, Failure> {
  const _mark = abi.mark();
  const _to = abi.take(16, 4);
  _Mounts(_to);
  const _answer = loadResultOfListOfStringOrFailure(_to);
  abi.release(_mark);
  return _answer;
}

export function open(path: string, mode: Mode): Result<File, Failure> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(path);
  const _2 = abi.length;
  const _to = abi.take(16, 4);
  _Open(_1, _2, mode, _to);
  const _answer = loadResultOfFileOrFailure(_to);
  abi.release(_mark);
  return _answer;
}

/** A whole file of at most 262,144 bytes. */
export function read(path: string): Result<string, Failure> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(path);
  const _2 = abi.length;
  const _to = abi.take(16, 4);
  _Read(_1, _2, _to);
  const _answer = loadResultOfStringOrFailure(_to);
  abi.release(_mark);
  return _answer;
}

/** A whole file of at most 64 KiB, replacing what was there at once: readers see the old one or the new one. */
export function write(path: string, data: string): Result<Unit, Failure> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(path);
  const _2 = abi.length;
  const _3 = abi.lowerString(data);
  const _4 = abi.length;
  const _to = abi.take(16, 4);
  _Write(_1, _2, _3, _4, _to);
  const _answer = loadResultOfUnitOrFailure(_to);
  abi.release(_mark);
  return _answer;
}

/** What a path is; `follow` looks through a symlink at the end, which must stay within the grant. */
export function stat(path: string, follow: bool): Result<Metadata, Failure> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(path);
  const _2 = abi.length;
  const _to = abi.take(64, 8);
  _Stat(_1, _2, follow, _to);
  const _answer = loadResultOfMetadataOrFailure(_to);
  abi.release(_mark);
  return _answer;
}

export function setTimes(path: string, accessed: Option<u64>, modified: Option<u64>): Result<Unit, Failure> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(path);
  const _2 = abi.length;
  const _3 = accessed;
  let _4: i64 = 0;
  if (_3.isSome) {
    _4 = _3.unwrap();
  }
  const _5 = modified;
  let _6: i64 = 0;
  if (_5.isSome) {
    _6 = _5.unwrap();
  }
  const _to = abi.take(16, 4);
  _SetTimes(_1, _2, <i32>(_3.isSome), _4, <i32>(_5.isSome), _6, _to);
  const _answer = loadResultOfUnitOrFailure(_to);
  abi.release(_mark);
  return _answer;
}

/** At most `limit` (1 to 1,000) names of a directory in byte order, those after `after` only. */
export function list(path: string, after: string | null, limit: u32): Result<Array<string>, Failure> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(path);
  const _2 = abi.length;
  const _3 = after;
  let _4: i32 = 0;
  let _5: i32 = 0;
  if (_3 !== null) {
    const _6 = abi.lowerString(_3);
    const _7 = abi.length;
    _4 = _6;
    _5 = _7;
  }
  const _to = abi.take(16, 4);
  _List(_1, _2, <i32>(_3 !== null), _4, _5, limit, _to);
  const _answer = loadResultOfListOfStringOrFailure(_to);
  abi.release(_mark);
  return _answer;
}

export function makeDir(path: string): Result<Unit, Failure> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(path);
  const _2 = abi.length;
  const _to = abi.take(16, 4);
  _MakeDir(_1, _2, _to);
  const _answer = loadResultOfUnitOrFailure(_to);
  abi.release(_mark);
  return _answer;
}

export function removeDir(path: string): Result<Unit, Failure> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(path);
  const _2 = abi.length;
  const _to = abi.take(16, 4);
  _RemoveDir(_1, _2, _to);
  const _answer = loadResultOfUnitOrFailure(_to);
  abi.release(_mark);
  return _answer;
}

export function unlink(path: string): Result<Unit, Failure> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(path);
  const _2 = abi.length;
  const _to = abi.take(16, 4);
  _Unlink(_1, _2, _to);
  const _answer = loadResultOfUnitOrFailure(_to);
  abi.release(_mark);
  return _answer;
}

/** Rename within one grant, replacing what was at `to`. */
export function rename(from: string, to: string): Result<Unit, Failure> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(from);
  const _2 = abi.length;
  const _3 = abi.lowerString(to);
  const _4 = abi.length;
  const _to = abi.take(16, 4);
  _Rename(_1, _2, _3, _4, _to);
  const _answer = loadResultOfUnitOrFailure(_to);
  abi.release(_mark);
  return _answer;
}

/** Another name for the same file, within one grant. */
export function link(from: string, to: string): Result<Unit, Failure> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(from);
  const _2 = abi.length;
  const _3 = abi.lowerString(to);
  const _4 = abi.length;
  const _to = abi.take(16, 4);
  _Link(_1, _2, _3, _4, _to);
  const _answer = loadResultOfUnitOrFailure(_to);
  abi.release(_mark);
  return _answer;
}

/** A symlink at `path` with `target` in it, which must be relative and stay within the grant. */
export function symlink(target: string, path: string): Result<Unit, Failure> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(target);
  const _2 = abi.length;
  const _3 = abi.lowerString(path);
  const _4 = abi.length;
  const _to = abi.take(16, 4);
  _Symlink(_1, _2, _3, _4, _to);
  const _answer = loadResultOfUnitOrFailure(_to);
  abi.release(_mark);
  return _answer;
}

export function readlink(path: string): Result<string, Failure> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(path);
  const _2 = abi.length;
  const _to = abi.take(16, 4);
  _Readlink(_1, _2, _to);
  const _answer = loadResultOfStringOrFailure(_to);
  abi.release(_mark);
  return _answer;
}
