// Does wrong in every way AssemblyScript ends a program for.

import * as config from "./bindings/config";
import * as log from "./bindings/log";
import * as tools from "./bindings/tools";
import { Error_ } from "./bindings/types";

const held: Array<Uint8Array> = [];

export function throw_(message: string): void {
  throw new Error(message);
}

export function assertion(value: u32): void {
  assert(value == 1, "one is expected");
}

export function nth(index: u32): u32 {
  const numbers: Array<u32> = [10, 20, 30];
  return numbers[index];
}

export function unwrapError(): string {
  return config.get("x".repeat(70_000)).unwrap()!;
}

export function wrongCase(): string {
  return Error_.denied("it was only a test").asTimeout();
}

export function usedAfterDrop(tool: string, args: string): string {
  const started = tools.start(tool, args).unwrap();
  started.call.drop();
  started.call.drop();
  return started.call.take().unwrap();
}

export function hoard(): u32 {
  while (true) held.push(new Uint8Array(100_000));
}

export function recurse(depth: u32): u32 {
  return depth + recurse(depth + 1) * 3;
}

export function wrongEnum(number: u32): void {
  log.write(<log.Level>number, "never written");
}

export function loneSurrogate(): string {
  return "lion" + String.fromCharCode(0xd83e) + "!";
}

export function wrongChar(number: u32): u32 {
  return number;
}
