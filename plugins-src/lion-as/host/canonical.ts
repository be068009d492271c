// Made from lion's wit/ (see lion/toolchain/assemblyscript/library.py). Do not edit.
// How values cross: the canonical ABI of the component model for the types of this world.
// What is in memory is loaded and stored, what comes as core values is lifted.

import * as abi from "lion-as/abi";
import { About, Budget, Child, Spawned } from "./agents";
import { Message, Subscribed, Subscription } from "./bus";
import { Denial } from "./denials";
import { Element } from "./elements";
import { Failure, File, Metadata } from "./fs";
import { Exchange, Failure as HttpFailure, Head, Response, Started as HttpStarted } from "./http";
import { Answer, Event, Reply, Started as LlmStarted, Stop, ToolCall, ToolUse, Usage } from "./llm";
import { Directory, Program } from "./process";
import { Pending, Started, Tool } from "./tools";
import { Error_, Output } from "./types";
import { Result, Tuple2, Unit, nothing } from "lion-as";

export function liftListOfAbout(at: usize, length: i32): Array<About> {
  const list = new Array<About>(length);
  for (let i = 0, from = at; i < length; i++, from += 24) {
    unchecked(list[i] = loadAbout(from));
  }
  abi.free(at, <usize>length * 24);
  return list;
}

export function liftListOfBudget(at: usize, length: i32): Array<Budget> {
  const list = new Array<Budget>(length);
  for (let i = 0, from = at; i < length; i++, from += 24) {
    unchecked(list[i] = loadBudget(from));
  }
  abi.free(at, <usize>length * 24);
  return list;
}

export function liftListOfDirectory(at: usize, length: i32): Array<Directory> {
  const list = new Array<Directory>(length);
  for (let i = 0, from = at; i < length; i++, from += 12) {
    unchecked(list[i] = loadDirectory(from));
  }
  abi.free(at, <usize>length * 12);
  return list;
}

export function liftListOfString(at: usize, length: i32): Array<string> {
  const list = new Array<string>(length);
  for (let i = 0, from = at; i < length; i++, from += 8) {
    unchecked(list[i] = abi.loadString(from));
  }
  abi.free(at, <usize>length * 8);
  return list;
}

export function liftListOfTool(at: usize, length: i32): Array<Tool> {
  const list = new Array<Tool>(length);
  for (let i = 0, from = at; i < length; i++, from += 32) {
    unchecked(list[i] = loadTool(from));
  }
  abi.free(at, <usize>length * 32);
  return list;
}

export function liftListOfToolCall(at: usize, length: i32): Array<ToolCall> {
  const list = new Array<ToolCall>(length);
  for (let i = 0, from = at; i < length; i++, from += 24) {
    unchecked(list[i] = loadToolCall(from));
  }
  abi.free(at, <usize>length * 24);
  return list;
}

export function liftListOfTupleOfStringAndString(at: usize, length: i32): Array<Tuple2<string, string>> {
  const list = new Array<Tuple2<string, string>>(length);
  for (let i = 0, from = at; i < length; i++, from += 16) {
    unchecked(list[i] = loadTupleOfStringAndString(from));
  }
  abi.free(at, <usize>length * 16);
  return list;
}

export function loadAbout(at: usize): About {
  return new About(
    abi.loadString(at),
    load<u32>(at, 8),
    abi.case_(load<u8>(at, 12), 3, "state"),
    liftListOfBudget(load<usize>(at, 16), load<i32>(at, 20)),
  );
}

export function loadBudget(at: usize): Budget {
  return new Budget(abi.loadString(at), load<u64>(at, 8), load<u64>(at, 16));
}

export function loadDenial(at: usize): Denial {
  return new Denial(
    abi.case_(load<u8>(at), 8, "reason"),
    abi.loadString(at + 4),
    abi.loadString(at + 12),
    abi.loadString(at + 20),
  );
}

export function loadDirectory(at: usize): Directory {
  return new Directory(abi.loadString(at), abi.bool_(load<u8>(at, 8)));
}

export function loadElement(at: usize): Element {
  return new Element(
    abi.loadString(at),
    abi.loadString(at + 8),
    load<u64>(at, 16),
    load<u64>(at, 24),
    abi.loadString(at + 32),
  );
}

export function loadError(at: usize): Error_ {
  const tag = abi.case_(load<u8>(at), 10, "error");
  return Error_._holding0(tag, abi.loadString(at + 4));
}

export function loadEvent(at: usize): Event {
  const tag = abi.case_(load<u8>(at), 7, "event");
  switch (tag) {
    case 0: case 1: case 3: return Event._holding0(tag, abi.loadString(at + 4));
    case 2: return Event._holding1(tag, loadToolUse(at + 4));
    case 4: return Event._bare(tag);
    case 5: return Event._holding2(tag, loadUsage(at + 4));
    case 6: return Event._holding3(tag, abi.case_(load<u8>(at, 4), 5, "stop"));
  }
  return unreachable();
}

export function loadFailure(at: usize): Failure {
  const tag = abi.case_(load<u8>(at), 19, "failure");
  return Failure._holding0(tag, abi.loadString(at + 4));
}

export function loadHead(at: usize): Head {
  return new Head(load<u16>(at), abi.loadString(at + 4), abi.loadString(at + 12));
}

export function loadHttpFailure(at: usize): HttpFailure {
  const tag = abi.case_(load<u8>(at), 15, "failure");
  return HttpFailure._holding0(tag, abi.loadString(at + 4));
}

export function loadHttpStarted(at: usize): HttpStarted {
  return new HttpStarted(new Exchange(load<i32>(at)), load<u32>(at, 4), load<u32>(at, 8));
}

export function loadLlmStarted(at: usize): LlmStarted {
  return new LlmStarted(new Answer(load<i32>(at)), load<u32>(at, 4));
}

export function loadMessage(at: usize): Message {
  return new Message(abi.loadString(at), loadOptionOfString(at + 8), abi.loadString(at + 20), load<u32>(at, 28));
}

export function loadMetadata(at: usize): Metadata {
  return new Metadata(
    abi.case_(load<u8>(at), 4, "kind"),
    load<u64>(at, 8),
    load<u64>(at, 16),
    load<u64>(at, 24),
    load<u64>(at, 32),
    load<u64>(at, 40),
    abi.loadString(at + 48),
  );
}

export function loadOptionOfDenial(at: usize): Denial | null {
  return abi.case_(load<u8>(at), 2, "an option") ? loadDenial(at + 4) : null;
}

export function loadOptionOfEvent(at: usize): Event | null {
  return abi.case_(load<u8>(at), 2, "an option") ? loadEvent(at + 4) : null;
}

export function loadOptionOfString(at: usize): string | null {
  return abi.case_(load<u8>(at), 2, "an option") ? abi.loadString(at + 4) : null;
}

export function loadOutput(at: usize): Output {
  return new Output(abi.loadString(at), loadOptionOfString(at + 8));
}

export function loadProgram(at: usize): Program {
  return new Program(
    liftListOfString(load<usize>(at), load<i32>(at, 4)),
    liftListOfTupleOfStringAndString(load<usize>(at, 8), load<i32>(at, 12)),
    abi.loadString(at + 16),
    liftListOfDirectory(load<usize>(at, 24), load<i32>(at, 28)),
  );
}

export function loadReply(at: usize): Reply {
  return new Reply(
    abi.loadString(at),
    abi.loadString(at + 8),
    liftListOfToolCall(load<usize>(at, 16), load<i32>(at, 20)),
    loadUsage(at + 24),
    abi.case_(load<u8>(at, 36), 5, "stop"),
  );
}

export function loadResponse(at: usize): Response {
  return new Response(load<u16>(at), abi.loadString(at + 4), abi.loadString(at + 12), abi.loadString(at + 20));
}

export function loadResultOfBoolOrError(at: usize): Result<bool, Error_> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<bool, Error_>(loadError(at + 4)) : Result.ok<bool, Error_>(abi.bool_(load<u8>(at, 4)));
}

export function loadResultOfElementOrError(at: usize): Result<Element, Error_> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<Element, Error_>(loadError(at + 8)) : Result.ok<Element, Error_>(loadElement(at + 8));
}

export function loadResultOfFileOrFailure(at: usize): Result<File, Failure> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<File, Failure>(loadFailure(at + 4)) : Result.ok<File, Failure>(new File(load<i32>(at, 4)));
}

export function loadResultOfHeadOrHttpFailure(at: usize): Result<Head, HttpFailure> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<Head, HttpFailure>(loadHttpFailure(at + 4)) : Result.ok<Head, HttpFailure>(loadHead(at + 4));
}

export function loadResultOfHttpStartedOrHttpFailure(at: usize): Result<HttpStarted, HttpFailure> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<HttpStarted, HttpFailure>(loadHttpFailure(at + 4)) : Result.ok<HttpStarted, HttpFailure>(loadHttpStarted(at + 4));
}

export function loadResultOfListOfAboutOrError(at: usize): Result<Array<About>, Error_> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<Array<About>, Error_>(loadError(at + 4)) : Result.ok<Array<About>, Error_>(liftListOfAbout(load<usize>(at, 4), load<i32>(at, 8)));
}

export function loadResultOfListOfBudgetOrError(at: usize): Result<Array<Budget>, Error_> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<Array<Budget>, Error_>(loadError(at + 4)) : Result.ok<Array<Budget>, Error_>(liftListOfBudget(load<usize>(at, 4), load<i32>(at, 8)));
}

export function loadResultOfListOfStringOrError(at: usize): Result<Array<string>, Error_> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<Array<string>, Error_>(loadError(at + 4)) : Result.ok<Array<string>, Error_>(liftListOfString(load<usize>(at, 4), load<i32>(at, 8)));
}

export function loadResultOfListOfStringOrFailure(at: usize): Result<Array<string>, Failure> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<Array<string>, Failure>(loadFailure(at + 4)) : Result.ok<Array<string>, Failure>(liftListOfString(load<usize>(at, 4), load<i32>(at, 8)));
}

export function loadResultOfListOfToolOrError(at: usize): Result<Array<Tool>, Error_> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<Array<Tool>, Error_>(loadError(at + 4)) : Result.ok<Array<Tool>, Error_>(liftListOfTool(load<usize>(at, 4), load<i32>(at, 8)));
}

export function loadResultOfListOfU32OrError(at: usize): Result<Array<u32>, Error_> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<Array<u32>, Error_>(loadError(at + 4)) : Result.ok<Array<u32>, Error_>(abi.liftNumbers<u32>(load<usize>(at, 4), load<i32>(at, 8)));
}

export function loadResultOfListOfU8OrError(at: usize): Result<Uint8Array, Error_> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<Uint8Array, Error_>(loadError(at + 4)) : Result.ok<Uint8Array, Error_>(abi.liftBytes(load<usize>(at, 4), load<i32>(at, 8)));
}

export function loadResultOfLlmStartedOrError(at: usize): Result<LlmStarted, Error_> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<LlmStarted, Error_>(loadError(at + 4)) : Result.ok<LlmStarted, Error_>(loadLlmStarted(at + 4));
}

export function loadResultOfMessageOrError(at: usize): Result<Message, Error_> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<Message, Error_>(loadError(at + 4)) : Result.ok<Message, Error_>(loadMessage(at + 4));
}

export function loadResultOfMetadataOrFailure(at: usize): Result<Metadata, Failure> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<Metadata, Failure>(loadFailure(at + 8)) : Result.ok<Metadata, Failure>(loadMetadata(at + 8));
}

export function loadResultOfOptionOfDenialOrError(at: usize): Result<Denial | null, Error_> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<Denial | null, Error_>(loadError(at + 4)) : Result.ok<Denial | null, Error_>(loadOptionOfDenial(at + 4));
}

export function loadResultOfOptionOfEventOrError(at: usize): Result<Event | null, Error_> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<Event | null, Error_>(loadError(at + 4)) : Result.ok<Event | null, Error_>(loadOptionOfEvent(at + 4));
}

export function loadResultOfOptionOfStringOrError(at: usize): Result<string | null, Error_> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<string | null, Error_>(loadError(at + 4)) : Result.ok<string | null, Error_>(loadOptionOfString(at + 4));
}

export function loadResultOfOptionOfStringOrHttpFailure(at: usize): Result<string | null, HttpFailure> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<string | null, HttpFailure>(loadHttpFailure(at + 4)) : Result.ok<string | null, HttpFailure>(loadOptionOfString(at + 4));
}

export function loadResultOfOutputOrError(at: usize): Result<Output, Error_> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<Output, Error_>(loadError(at + 4)) : Result.ok<Output, Error_>(loadOutput(at + 4));
}

export function loadResultOfProgramOrError(at: usize): Result<Program, Error_> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<Program, Error_>(loadError(at + 4)) : Result.ok<Program, Error_>(loadProgram(at + 4));
}

export function loadResultOfReplyOrError(at: usize): Result<Reply, Error_> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<Reply, Error_>(loadError(at + 4)) : Result.ok<Reply, Error_>(loadReply(at + 4));
}

export function loadResultOfResponseOrHttpFailure(at: usize): Result<Response, HttpFailure> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<Response, HttpFailure>(loadHttpFailure(at + 4)) : Result.ok<Response, HttpFailure>(loadResponse(at + 4));
}

export function loadResultOfSpawnedOrError(at: usize): Result<Spawned, Error_> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<Spawned, Error_>(loadError(at + 4)) : Result.ok<Spawned, Error_>(loadSpawned(at + 4));
}

export function loadResultOfStartedOrError(at: usize): Result<Started, Error_> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<Started, Error_>(loadError(at + 4)) : Result.ok<Started, Error_>(loadStarted(at + 4));
}

export function loadResultOfStringOrError(at: usize): Result<string, Error_> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<string, Error_>(loadError(at + 4)) : Result.ok<string, Error_>(abi.loadString(at + 4));
}

export function loadResultOfStringOrFailure(at: usize): Result<string, Failure> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<string, Failure>(loadFailure(at + 4)) : Result.ok<string, Failure>(abi.loadString(at + 4));
}

export function loadResultOfSubscribedOrError(at: usize): Result<Subscribed, Error_> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<Subscribed, Error_>(loadError(at + 4)) : Result.ok<Subscribed, Error_>(loadSubscribed(at + 4));
}

export function loadResultOfU32OrError(at: usize): Result<u32, Error_> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<u32, Error_>(loadError(at + 4)) : Result.ok<u32, Error_>(load<u32>(at, 4));
}

export function loadResultOfU64OrError(at: usize): Result<u64, Error_> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<u64, Error_>(loadError(at + 8)) : Result.ok<u64, Error_>(load<u64>(at, 8));
}

export function loadResultOfU64OrFailure(at: usize): Result<u64, Failure> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<u64, Failure>(loadFailure(at + 8)) : Result.ok<u64, Failure>(load<u64>(at, 8));
}

export function loadResultOfUnitOrError(at: usize): Result<Unit, Error_> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<Unit, Error_>(loadError(at + 4)) : Result.ok<Unit, Error_>(nothing<Unit>());
}

export function loadResultOfUnitOrFailure(at: usize): Result<Unit, Failure> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<Unit, Failure>(loadFailure(at + 4)) : Result.ok<Unit, Failure>(nothing<Unit>());
}

export function loadResultOfUnitOrHttpFailure(at: usize): Result<Unit, HttpFailure> {
  return abi.case_(load<u8>(at), 2, "a result") ? Result.err<Unit, HttpFailure>(loadHttpFailure(at + 4)) : Result.ok<Unit, HttpFailure>(nothing<Unit>());
}

export function loadSpawned(at: usize): Spawned {
  return new Spawned(new Child(load<i32>(at)), load<u32>(at, 4));
}

export function loadStarted(at: usize): Started {
  return new Started(new Pending(load<i32>(at)), load<u32>(at, 4));
}

export function loadSubscribed(at: usize): Subscribed {
  return new Subscribed(new Subscription(load<i32>(at)), load<u32>(at, 4));
}

export function loadTool(at: usize): Tool {
  return new Tool(abi.loadString(at), abi.loadString(at + 8), abi.loadString(at + 16), abi.loadString(at + 24));
}

export function loadToolCall(at: usize): ToolCall {
  return new ToolCall(abi.loadString(at), abi.loadString(at + 8), abi.loadString(at + 16));
}

export function loadToolUse(at: usize): ToolUse {
  return new ToolUse(abi.loadString(at), abi.loadString(at + 8));
}

export function loadTupleOfStringAndString(at: usize): Tuple2<string, string> {
  return new Tuple2<string, string>(abi.loadString(at), abi.loadString(at + 8));
}

export function loadUsage(at: usize): Usage {
  return new Usage(load<u32>(at), load<u32>(at, 4), abi.bool_(load<u8>(at, 8)));
}
