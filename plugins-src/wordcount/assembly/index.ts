// Counts what a text or a file consists of: two tools, of which the second needs a grant of files.

import { Result } from "lion-as";
import { chunks } from "lion-as/fs";
import { info } from "lion-as/log";
import { bytesOf } from "lion-as/packed";
import { Counts } from "./bindings/world";
import { Counter } from "./counter";

const MOST: u32 = 100;

export function count(text: string, most: u32): Result<Counts, string> {
  if (most > MOST) return tooMany();
  const counter = new Counter();
  counter.feed(bytesOf(text));
  return Result.ok<Counts, string>(counter.finish(most));
}

export function countFile(path: string, most: u32): Result<Counts, string> {
  if (most > MOST) return tooMany();
  const pieces = chunks(path);
  if (pieces.isErr) return Result.err<Counts, string>(pieces.error.toString());
  const counter = new Counter();
  while (pieces.value.next()) counter.feed(pieces.value.value);
  const error = pieces.value.error;
  if (error !== null) return Result.err<Counts, string>(error.toString());
  info("counted " + path);
  return Result.ok<Counts, string>(counter.finish(most));
}

function tooMany(): Result<Counts, string> {
  return Result.err<Counts, string>("at most " + MOST.toString() + " frequent words are listed");
}
