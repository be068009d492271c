// Look here if you want to know how a value is written as JSON: without spaces, fields in their order.

import { concat } from "./concat";
import { Json, JsonKind } from "./json";

export function writeJson(value: Json): string {
  const pieces: Array<string> = [];
  write(value, pieces);
  return concat(pieces);
}

function write(value: Json, to: Array<string>): void {
  switch (value.kind) {
    case JsonKind.Null: to.push("null"); break;
    case JsonKind.Text: writeText(value._text, to); break;
    case JsonKind.List: writeList(value, to); break;
    case JsonKind.Object: writeObject(value, to); break;
    default: to.push(value._text);
  }
}

function writeList(value: Json, to: Array<string>): void {
  to.push("[");
  for (let i = 0; i < value.length; i++) {
    if (i > 0) to.push(",");
    write(value.at(i), to);
  }
  to.push("]");
}

function writeObject(value: Json, to: Array<string>): void {
  const keys = value.keys();
  to.push("{");
  for (let i = 0; i < keys.length; i++) {
    if (i > 0) to.push(",");
    writeText(keys[i], to);
    to.push(":");
    write(value.get(keys[i]), to);
  }
  to.push("}");
}

function writeText(text: string, to: Array<string>): void {
  to.push('"');
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c >= 32 && c != 34 && c != 92) continue;
    to.push(text.substring(from, i));
    to.push(escaped(c));
    from = i + 1;
  }
  to.push(from == 0 ? text : text.substring(from));
  to.push('"');
}

function escaped(c: i32): string {
  switch (c) {
    case 34: return '\\"';
    case 92: return "\\\\";
    case 8: return "\\b";
    case 12: return "\\f";
    case 10: return "\\n";
    case 13: return "\\r";
    case 9: return "\\t";
  }
  return (c < 16 ? "\\u000" : "\\u00") + c.toString(16);
}
