// Look here if you want to know how a guest reads and writes files of any size, as texts and bytes:
//
//     const text = readText("/notes/a.txt");
//     const lines = new Lines<Failure>(chunks("/data/big.csv").unwrap());
//     while (lines.next()) use(lines.value);

import * as host from "./host/fs";
import { Failure, FailureTag, Kind, Mode } from "./host/fs";
import { Error_, ErrorTag } from "./host/types";
import { Bytes } from "./bytes";
import { commonError } from "./errors";
import { bytesOf, fromBytes, isUtf8, lossyText, toBytes } from "./packed";
import { gather } from "./pages";
import { Result, Unit } from "./values";

export {
  Failure, FailureTag, File, Kind, Metadata, Mode,
  link, makeDir, mounts, open, readlink, removeDir, rename, setTimes, stat, symlink, unlink,
} from "./host/fs";

/** What one read may give, and one write may take. */
const READ: u32 = 262_144;
const PIECE: i32 = 65_536;

/** The whole of a file, whatever its size. */
export function read(path: string): Result<Uint8Array, Failure> {
  const found = host.read(path);
  if (found.isOk) return unpacked(found.value);
  if (found.error.tag != FailureTag.Exhausted) return found.pass<Uint8Array>();
  const pieces = chunks(path);
  return pieces.isErr ? pieces.pass<Uint8Array>() : pieces.value.whole();
}

/** The whole of a file as text. `invalid` if it is not UTF-8. */
export function readText(path: string): Result<string, Failure> {
  const found = read(path);
  if (found.isErr) return found.pass<string>();
  if (!isUtf8(found.value)) return Result.err<string, Failure>(Failure.invalid("the file is not UTF-8"));
  return Result.ok<string, Failure>(lossyText(found.value));
}

/**
 * Replace a whole file. One of at most 64 KiB is replaced at once; a larger one is written beside it first, under its
 * name and `.new`, and then renamed, so that readers see the old one or the new one.
 */
export function write(path: string, content: Uint8Array): Result<Unit, Failure> {
  if (content.length <= PIECE) return host.write(path, fromBytes(content));
  const beside = path + ".new";
  const file = host.open(beside, Mode.Write | Mode.Create | Mode.Truncate);
  if (file.isErr) return file.pass<Unit>();
  let done = put(file.value, content);
  file.value.drop();
  if (done.isOk) done = host.rename(beside, path);
  if (done.isErr) host.unlink(beside);
  return done;
}

/** Replace a whole file by a text. */
export function writeText(path: string, text: string): Result<Unit, Failure> {
  return write(path, bytesOf(text));
}

/** Add a text to the end of a file, which is made if it is not there. At most 64 KiB are added in one piece. */
export function append(path: string, text: string): Result<Unit, Failure> {
  const file = host.open(path, Mode.Write | Mode.Create);
  if (file.isErr) return file.pass<Unit>();
  const content = bytesOf(text);
  let done = Result.done<Failure>();
  for (let from = 0; from < content.length && done.isOk; from += PIECE) {
    const added = file.value.append(pieceOf(content, from));
    if (added.isErr) done = added.pass<Unit>();
  }
  file.value.drop();
  return done;
}

/** Whether there is something. */
export function exists(path: string): Result<bool, Failure> {
  const found = host.stat(path, true);
  if (found.isErr && found.error.tag != FailureTag.NotFound) return found.pass<bool>();
  return Result.ok<bool, Failure>(found.isOk);
}

/** Every name of a directory, in byte order, however many there are. */
export function list(path: string): Result<Array<string>, Failure> {
  return gather<Failure>(path, host.list);
}

/** Make a directory and those above it that are missing. */
export function makeDirs(path: string): Result<Unit, Failure> {
  const made = host.makeDir(path);
  if (made.isOk) return made;
  if (made.error.tag == FailureTag.Exists) {
    const found = host.stat(path, true);
    return found.isOk && found.value.kind == Kind.Directory ? Result.done<Failure>() : made;
  }
  const end = path.endsWith("/") ? path.length - 2 : path.length - 1;
  const above = path.lastIndexOf("/", end);
  if (made.error.tag != FailureTag.NotFound || above <= 0) return made;
  const before = makeDirs(path.substring(0, above));
  return before.isErr ? before : host.makeDir(path);
}

/** A file in pieces of at most 256 KiB, from the beginning. */
export function chunks(path: string): Result<Chunks, Failure> {
  const file = host.open(path, Mode.Read);
  return file.isErr ? file.pass<Chunks>() : Result.ok<Chunks, Failure>(new Chunks(file.value));
}

/** An open file piece by piece; `end()` closes it, and so does its end. */
export class Chunks extends Bytes<Failure> {
  private place: u64 = 0;

  constructor(private file: host.File) {
    super();
  }

  protected pull(): Result<Uint8Array | null, Failure> {
    const found = this.file.readAt(this.place, READ);
    const piece = found.isErr ? found.pass<Uint8Array>() : unpacked(found.value);
    if (piece.isErr) return piece.pass<Uint8Array | null>();
    this.place += piece.value.length;
    return Result.ok<Uint8Array | null, Failure>(piece.value.length ? piece.value : null);
  }

  close(): void {
    this.file.drop();
  }
}

/** A failure as an Error_: what only files have becomes `other`, with its name in the text. */
export function asError(failure: Failure): Error_ {
  return commonError<Failure>(failure, ErrorTag.Other);
}

function put(file: host.File, content: Uint8Array): Result<Unit, Failure> {
  let done = Result.done<Failure>();
  for (let from = 0; from < content.length && done.isOk; from += PIECE) {
    done = file.writeAt(from, pieceOf(content, from));
  }
  return done;
}

function pieceOf(content: Uint8Array, from: i32): string {
  return fromBytes(content.subarray(from, min(from + PIECE, content.length)));
}

function unpacked(packed: string): Result<Uint8Array, Failure> {
  const bytes = toBytes(packed);
  if (bytes.isOk) return Result.ok<Uint8Array, Failure>(bytes.value);
  return Result.err<Uint8Array, Failure>(Failure.other(bytes.error.toString()));
}
