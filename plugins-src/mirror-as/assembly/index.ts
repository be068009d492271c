// Passes every kind of value through the host, holds its resources, and calls it in tight loops.

import { Option, Result, Tuple2, Tuple3, Unit } from "lion-as";
import * as glass from "./bindings/glass";
import { Color, Everything, Few, Many, Person, Point, Shape, Twelve } from "./bindings/shapes";
import * as trade from "./bindings/trade";

export function sameBool(value: bool): bool {
  return glass.sameBool(value);
}

export function sameU8(value: u8): u8 {
  return glass.sameU8(value);
}

export function sameU16(value: u16): u16 {
  return glass.sameU16(value);
}

export function sameU32(value: u32): u32 {
  return glass.sameU32(value);
}

export function sameU64(value: u64): u64 {
  return glass.sameU64(value);
}

export function sameS8(value: i8): i8 {
  return glass.sameS8(value);
}

export function sameS16(value: i16): i16 {
  return glass.sameS16(value);
}

export function sameS32(value: i32): i32 {
  return glass.sameS32(value);
}

export function sameS64(value: i64): i64 {
  return glass.sameS64(value);
}

export function sameF32(value: f32): f32 {
  return glass.sameF32(value);
}

export function sameF64(value: f64): f64 {
  return glass.sameF64(value);
}

export function sameChar(value: u32): u32 {
  return glass.sameChar(value);
}

export function sameString(value: string): string {
  return glass.sameString(value);
}

export function sameBytes(value: Uint8Array): Uint8Array {
  return glass.sameBytes(value);
}

export function sameBools(value: Array<bool>): Array<bool> {
  return glass.sameBools(value);
}

export function sameWords(value: Array<u32>): Array<u32> {
  return glass.sameWords(value);
}

export function sameLongs(value: Array<i64>): Array<i64> {
  return glass.sameLongs(value);
}

export function sameFloats(value: Array<f64>): Array<f64> {
  return glass.sameFloats(value);
}

export function sameChars(value: Array<u32>): Array<u32> {
  return glass.sameChars(value);
}

export function sameTexts(value: Array<string>): Array<string> {
  return glass.sameTexts(value);
}

export function sameNested(value: Array<Array<u16>>): Array<Array<u16>> {
  return glass.sameNested(value);
}

export function samePairs(value: Array<Tuple2<string, f32>>): Array<Tuple2<string, f32>> {
  return glass.samePairs(value);
}

export function samePair(value: Tuple2<u32, string>): Tuple2<u32, string> {
  return glass.samePair(value);
}

export function sameTriple(value: Tuple3<u8, Tuple2<string, bool>, Array<i16>>): Tuple3<u8, Tuple2<string, bool>, Array<i16>> {
  return glass.sameTriple(value);
}

export function samePoint(value: Point): Point {
  return glass.samePoint(value);
}

export function samePerson(value: Person): Person {
  return glass.samePerson(value);
}

export function sameShape(value: Shape): Shape {
  return glass.sameShape(value);
}

export function sameColor(value: Color): Color {
  return glass.sameColor(value);
}

export function sameFew(value: Few): Few {
  return glass.sameFew(value);
}

export function sameTwelve(value: Twelve): Twelve {
  return glass.sameTwelve(value);
}

export function sameMany(value: Many): Many {
  return glass.sameMany(value);
}

export function sameMaybe(value: Option<u32>): Option<u32> {
  return glass.sameMaybe(value);
}

export function sameMaybeText(value: string | null): string | null {
  return glass.sameMaybeText(value);
}

export function sameMaybeMaybe(value: Option<string | null>): Option<string | null> {
  return glass.sameMaybeMaybe(value);
}

export function sameMaybePoints(value: Array<Point | null>): Array<Point | null> {
  return glass.sameMaybePoints(value);
}

export function sameShapes(value: Array<Shape>): Array<Shape> {
  return glass.sameShapes(value);
}

export function sameResult(value: Result<u32, string>): Result<u32, string> {
  return glass.sameResult(value);
}

export function sameResultOk(value: Result<string, Unit>): Result<string, Unit> {
  return glass.sameResultOk(value);
}

export function sameResultErr(value: Result<Unit, string>): Result<Unit, string> {
  return glass.sameResultErr(value);
}

export function sameResultBare(value: Result<Unit, Unit>): Result<Unit, Unit> {
  return glass.sameResultBare(value);
}

export function sameResultDeep(value: Result<Array<string> | null, Shape>): Result<Array<string> | null, Shape> {
  return glass.sameResultDeep(value);
}

export function sameEverything(value: Everything): Everything {
  return glass.sameEverything(value);
}

const kept: Array<trade.Box> = [];

export function boxRound(text: string): string {
  const one = trade.make("");
  one.put(text);
  const got = one.get();
  one.drop();
  return got;
}

export function boxTravel(text: string): string {
  const one = trade.make(text);
  const seen = trade.look(one);
  const other = trade.swap(one);
  const all = seen + " " + other.get();
  other.drop();
  return all;
}

export function boxHoard(count: u32): u32 {
  const boxes: Array<trade.Box> = [];
  for (let n: u32 = 0; n < count; n++) boxes.push(trade.make(n.toString()));
  let length = 0;
  for (let n = 0; n < boxes.length; n++) {
    length += boxes[n].get().length;
    boxes[n].drop();
  }
  return length;
}

export function boxKeep(text: string): u32 {
  kept.push(trade.make(text));
  return kept.length;
}

export function boxKept(): Array<string> {
  return kept.map<string>(one => one.get());
}

export function send(url: string): Result<string, trade.Trouble> {
  const sent = trade.send(request(url));
  if (sent.isErr) return Result.err<string, trade.Trouble>(sent.error);
  const response = sent.value;
  let text = response.status.toString() + " ";
  while (true) {
    const read = response.body.next(1024);
    if (read.isErr) return Result.err<string, trade.Trouble>(read.error);
    const piece = read.value;
    if (piece === null) break;
    text += piece;
  }
  response.body.drop();
  return Result.ok<string, trade.Trouble>(text);
}

export function callN(n: u32): u32 {
  let sum: u32 = 0;
  for (let at: u32 = 0; at < n; at++) sum = trade.add(sum, at);
  return sum;
}

export function fetchN(n: u32, text: string): u64 {
  let bytes: u64 = 0;
  for (let at: u32 = 0; at < n; at++) bytes += String.UTF8.byteLength(trade.fetch(text));
  return bytes;
}

export function sendN(n: u32): u64 {
  const one = request("http://localhost/");
  let bytes: u64 = 0;
  for (let at: u32 = 0; at < n; at++) bytes += readAll(one);
  return bytes;
}

export function nop(): void {}

export function text(text: string): string {
  return text;
}

export function bytes(bytes: Uint8Array): Uint8Array {
  return bytes;
}

function request(url: string): trade.Request {
  const header = new trade.Header("accept", "text/plain");
  return new trade.Request("GET", url, [header], null);
}

function readAll(request: trade.Request): u64 {
  const sent = trade.send(request);
  if (sent.isErr) return 0;
  const body = sent.value.body;
  let bytes: u64 = 0;
  while (true) {
    const read = body.next(1024);
    if (read.isErr) break;
    const piece = read.value;
    if (piece === null) break;
    bytes += String.UTF8.byteLength(piece);
  }
  body.drop();
  return bytes;
}
