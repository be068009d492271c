// Look here if you want to know how JSON is read and made: a tree of values, exactly as RFC 8259 has it.
//
//     const answer = Json.parse(text);                             // Result<Json, Error_>
//     const name = answer.unwrap().get("user").get("name").textOr("nobody");
//     const question = Json.object().with("a", 1).with("b", [2.5, 3]).toString();
//
// Rule: a number is kept as it was written, so no digit of a long one is lost. Of a key that comes twice the last counts.
// Rule: values are nested at most 128 deep; what is deeper is refused and not followed.

import { Error_ } from "./host/types";
import { parseJson } from "./json-parse";
import { writeJson } from "./json-write";
import { nearest } from "./decimal";
import { Option, Result } from "./values";

export enum JsonKind {
  Null,
  Bool,
  Number,
  Text,
  List,
  Object,
}

/** A number in as many digits as it takes to read it again. */
function decimal(value: f64): string {
  if (!isFinite(value)) abort("JSON has no " + value.toString());
  // `toString` forgets the sign of a zero.
  return value == 0 && reinterpret<i64>(value) < 0 ? "-0.0" : value.toString();
}

/** A JSON value. */
@final export class Json {
  /** For the parser and printer: a text, or a number as it is written. */
  _text: string = "";
  _items: Array<Json> | null = null;
  _fields: Map<string, Json> | null = null;

  constructor(readonly kind: JsonKind) {}

  /** Read a text. `invalid` with line and column if it is not JSON. */
  static parse(text: string): Result<Json, Error_> {
    return parseJson(text);
  }

  static null_(): Json {
    return new Json(JsonKind.Null);
  }

  /** An empty list. */
  static list(): Json {
    const made = new Json(JsonKind.List);
    made._items = [];
    return made;
  }

  /** An empty object. */
  static object(): Json {
    const made = new Json(JsonKind.Object);
    made._fields = new Map<string, Json>();
    return made;
  }

  /** Of a string, bool, number, Json, or an array of them. Aborts on a number that is not finite, as JSON has none. */
  static of<T>(value: T): Json {
    if (isString<T>()) return Json.written(JsonKind.Text, changetype<string>(value));
    if (value instanceof Json) return value;
    if (isArray<T>()) {
      const made = Json.list();
      for (let i = 0; i < value.length; i++) made.push(value[i]);
      return made;
    }
    if (isBoolean<T>()) return Json.written(JsonKind.Bool, value ? "true" : "false");
    if (isFloat<T>()) return Json.written(JsonKind.Number, decimal(value));
    // @ts-ignore: a number
    return Json.written(JsonKind.Number, value.toString());
  }

  static written(kind: JsonKind, text: string): Json {
    const made = new Json(kind);
    made._text = text;
    return made;
  }

  /** Set a field of this object, and answer the object. */
  with<T>(key: string, value: T): Json {
    if (this.kind != JsonKind.Object) abort("only an object has fields");
    changetype<Map<string, Json>>(this._fields).set(key, Json.of<T>(value));
    return this;
  }

  /** Add to this list, and answer the list. */
  push<T>(value: T): Json {
    if (this.kind != JsonKind.List) abort("only a list can be added to");
    changetype<Array<Json>>(this._items).push(Json.of<T>(value));
    return this;
  }

  get isNull(): bool {
    return this.kind == JsonKind.Null;
  }

  /** Whether it is an object that has this field, be it null. */
  has(key: string): bool {
    const fields = this._fields;
    return fields !== null && fields.has(key);
  }

  /** A field; null if this is no object or has no such field. */
  get(key: string): Json {
    return this.has(key) ? changetype<Map<string, Json>>(this._fields).get(key) : Json.null_();
  }

  /** The names of an object's fields, in the order they came; none if this is no object. */
  keys(): Array<string> {
    const fields = this._fields;
    return fields === null ? [] : fields.keys();
  }

  /** How many items or fields; 0 for all that has neither. */
  get length(): i32 {
    const items = this._items, fields = this._fields;
    return items !== null ? items.length : fields !== null ? fields.size : 0;
  }

  /** An item; null if this is no list or is shorter. */
  at(index: i32): Json {
    const items = this._items;
    return items !== null && <u32>index < <u32>items.length ? items[index] : Json.null_();
  }

  /** The text, or null if it is none. */
  asText(): string | null {
    return this.kind == JsonKind.Text ? this._text : null;
  }

  /** The text, or this one if it is none. */
  textOr(other: string): string {
    return this.kind == JsonKind.Text ? this._text : other;
  }

  asBool(): Option<bool> {
    return this.kind == JsonKind.Bool ? Option.some<bool>(this._text == "true") : Option.none<bool>();
  }

  /** The number, to the nearest there is; infinity for one that is too large. */
  asNumber(): Option<f64> {
    return this.kind == JsonKind.Number ? Option.some<f64>(nearest(this._text)) : Option.none<f64>();
  }

  /** The number if it is written as a whole one and fits. */
  asInteger(): Option<i64> {
    const isNegative = this._text.startsWith("-");
    const size = this.magnitude(isNegative ? 1 : 0);
    if (size.isNone || size.unwrap() > <u64>i64.MAX_VALUE + u64(isNegative)) return Option.none<i64>();
    return Option.some<i64>(isNegative ? -<i64>size.unwrap() : <i64>size.unwrap());
  }

  /** The number if it is written as a whole one, is not negative and fits. */
  asUnsigned(): Option<u64> {
    return this.magnitude(0);
  }

  private magnitude(from: i32): Option<u64> {
    const text = this._text;
    if (this.kind != JsonKind.Number || text.length - from > 20) return Option.none<u64>();
    let value: u64 = 0;
    for (let i = from; i < text.length; i++) {
      const digit: u64 = text.charCodeAt(i) - 48;
      if (digit > 9 || value > (u64.MAX_VALUE - digit) / 10) return Option.none<u64>();
      value = value * 10 + digit;
    }
    return Option.some<u64>(value);
  }

  /** The same with the fields of every object by name, as some programs write them. */
  sorted(): Json {
    const items = this._items;
    const made = new Json(this.kind);
    made._text = this._text;
    if (items !== null) made._items = items.map<Json>(item => item.sorted());
    if (this.kind == JsonKind.Object) made._fields = new Map<string, Json>();
    const keys = this.keys().sort();
    for (let i = 0; i < keys.length; i++) made.with(keys[i], this.get(keys[i]).sorted());
    return made;
  }

  /** JSON text without spaces. */
  toString(): string {
    return writeJson(this);
  }
}
