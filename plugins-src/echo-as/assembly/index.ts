// Answers what it was given, for every kind of type. Imports nothing.

import { Option, Result, Tuple2, Tuple3, Unit } from "lion-as";
import { Color, Everything, Few, Many, Person, Point, Shape, Twelve } from "./bindings/world";

export function sameBool(value: bool): bool {
  return value;
}

export function sameU8(value: u8): u8 {
  return value;
}

export function sameU16(value: u16): u16 {
  return value;
}

export function sameU32(value: u32): u32 {
  return value;
}

export function sameU64(value: u64): u64 {
  return value;
}

export function sameS8(value: i8): i8 {
  return value;
}

export function sameS16(value: i16): i16 {
  return value;
}

export function sameS32(value: i32): i32 {
  return value;
}

export function sameS64(value: i64): i64 {
  return value;
}

export function sameF32(value: f32): f32 {
  return value;
}

export function sameF64(value: f64): f64 {
  return value;
}

export function sameChar(value: u32): u32 {
  return value;
}

export function sameString(value: string): string {
  return value;
}

export function sameBytes(value: Uint8Array): Uint8Array {
  return value;
}

export function sameBools(value: Array<bool>): Array<bool> {
  return value;
}

export function sameWords(value: Array<u32>): Array<u32> {
  return value;
}

export function sameLongs(value: Array<i64>): Array<i64> {
  return value;
}

export function sameFloats(value: Array<f64>): Array<f64> {
  return value;
}

export function sameChars(value: Array<u32>): Array<u32> {
  return value;
}

export function sameTexts(value: Array<string>): Array<string> {
  return value;
}

export function sameNested(value: Array<Array<u16>>): Array<Array<u16>> {
  return value;
}

export function samePairs(value: Array<Tuple2<string, f32>>): Array<Tuple2<string, f32>> {
  return value;
}

export function samePair(value: Tuple2<u32, string>): Tuple2<u32, string> {
  return value;
}

export function sameTriple(value: Tuple3<u8, Tuple2<string, bool>, Array<i16>>): Tuple3<u8, Tuple2<string, bool>, Array<i16>> {
  return value;
}

export function samePoint(value: Point): Point {
  return value;
}

export function samePerson(value: Person): Person {
  return value;
}

export function sameShape(value: Shape): Shape {
  return value;
}

export function sameColor(value: Color): Color {
  return value;
}

export function sameFew(value: Few): Few {
  return value;
}

export function sameTwelve(value: Twelve): Twelve {
  return value;
}

export function sameMany(value: Many): Many {
  return value;
}

export function sameMaybe(value: Option<u32>): Option<u32> {
  return value;
}

export function sameMaybeText(value: string | null): string | null {
  return value;
}

export function sameMaybeMaybe(value: Option<string | null>): Option<string | null> {
  return value;
}

export function sameMaybePoints(value: Array<Point | null>): Array<Point | null> {
  return value;
}

export function sameShapes(value: Array<Shape>): Array<Shape> {
  return value;
}

export function sameResult(value: Result<u32, string>): Result<u32, string> {
  return value;
}

export function sameResultOk(value: Result<string, Unit>): Result<string, Unit> {
  return value;
}

export function sameResultErr(value: Result<Unit, string>): Result<Unit, string> {
  return value;
}

export function sameResultBare(value: Result<Unit, Unit>): Result<Unit, Unit> {
  return value;
}

export function sameResultDeep(value: Result<Array<string> | null, Shape>): Result<Array<string> | null, Shape> {
  return value;
}

export function sameEverything(value: Everything): Everything {
  return value;
}
