// Reads what a model writes, in pieces: for tests and measurements of the library.

import { Json, Result } from "lion-as";
import { Event, EventKind, Fault, Reader } from "lion-as/parse";

export function read(format: string, records: string, pieces: string): Result<string, string> {
  const given = Json.parse(pieces);
  const reader = readerOf(format, records);
  if (given.isErr || reader === null) return Result.err<string, string>("there is no such format, or no pieces");
  const events = Json.list();
  for (let i = 0; i < given.value.length; i++) told(reader.feed(given.value.at(i).textOr("")), events);
  const value = reader.finish();
  told(reader.rest(), events);
  const end = value.isOk ? Json.object().with("value", value.value) : Json.object().with("fault", value.error.kind);
  return Result.ok<string, string>(Json.object().with("events", events).with("end", end).toString());
}

export function count(format: string, text: string, size: u32): Result<u32, string> {
  const reader = readerOf(format, "");
  if (reader === null) return Result.err<u32, string>("there is no such format");
  const step = <i32>max<u32>(size, 1);
  let found: u32 = 0;
  for (let at = 0; at < text.length; at += step) found += records(reader.feed(text.substring(at, at + step)));
  const end = reader.finish();
  if (end.isErr) return Result.err<u32, string>(end.error.what);
  return Result.ok<u32, string>(found + records(reader.rest()));
}

function readerOf(format: string, records: string): Reader | null {
  if (format == "json") return Reader.json(records);
  if (format == "json-lines") return Reader.jsonLines();
  return format == "lines" ? Reader.lines() : null;
}

function told(from: Array<Event>, to: Json): void {
  for (let i = 0; i < from.length; i++) {
    const event = from[i];
    if (event.kind == EventKind.Record) to.push(Json.object().with("record", event.value));
    else if (event.kind == EventKind.Prose) to.push(Json.object().with("prose", event.text));
    else to.push(Json.object().with("fault", changetype<Fault>(event.fault).kind));
  }
}

function records(events: Array<Event>): u32 {
  let found: u32 = 0;
  for (let i = 0; i < events.length; i++) if (events[i].kind == EventKind.Record) found++;
  return found;
}
