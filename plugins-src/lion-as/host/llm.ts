// Made from lion's wit/ (see lion/toolchain/assemblyscript/library.py). Do not edit.
// The interface lion:host/llm@0.1.0.

import * as abi from "lion-as/abi";
import {
  loadResultOfListOfStringOrError,
  loadResultOfLlmStartedOrError,
  loadResultOfOptionOfEventOrError,
  loadResultOfReplyOrError,
} from "./canonical";
import { Error_ } from "./types";
import { Option, Result } from "lion-as";
import { Resource } from "lion-as/abi";

@final export class ToolUse {
  constructor(
    public id: string,
    public name: string,
  ) {}
}

/** Tokens of one chat; `estimated` if the provider did not say. */
@final export class Usage {
  constructor(
    public input: u32,
    public output: u32,
    public estimated: bool,
  ) {}
}

/** Why the model stopped. */
export enum Stop {
  End = 0,
  Length = 1,
  ToolUse = 2,
  Filtered = 3,
  Other = 4,
}

/** One thing a model says, in order. */
export enum EventTag {
  Text = 0,
  Thinking = 1,
  ToolStart = 2,
  ToolArguments = 3,
  ToolEnd = 4,
  Usage = 5,
  Stop = 6,
}

@final export class Event {
  _held0: string | null = null;
  _held1: ToolUse | null = null;
  _held2: Usage | null = null;
  _held3: Stop = 0;
  private constructor(readonly tag: EventTag) {}

  static text(value: string): Event {
    return Event._holding0(EventTag.Text, value);
  }

  static thinking(value: string): Event {
    return Event._holding0(EventTag.Thinking, value);
  }

  static toolStart(value: ToolUse): Event {
    return Event._holding1(EventTag.ToolStart, value);
  }

  static toolArguments(value: string): Event {
    return Event._holding0(EventTag.ToolArguments, value);
  }

  static toolEnd(): Event {
    return new Event(EventTag.ToolEnd);
  }

  static usage(value: Usage): Event {
    return Event._holding2(EventTag.Usage, value);
  }

  static stop(value: Stop): Event {
    return Event._holding3(EventTag.Stop, value);
  }

  asText(): string {
    if (this.tag != EventTag.Text) abort("this is no text but " + this.toString());
    return changetype<string>(this._held0);
  }

  asThinking(): string {
    if (this.tag != EventTag.Thinking) abort("this is no thinking but " + this.toString());
    return changetype<string>(this._held0);
  }

  asToolStart(): ToolUse {
    if (this.tag != EventTag.ToolStart) abort("this is no tool-start but " + this.toString());
    return changetype<ToolUse>(this._held1);
  }

  asToolArguments(): string {
    if (this.tag != EventTag.ToolArguments) abort("this is no tool-arguments but " + this.toString());
    return changetype<string>(this._held0);
  }

  asUsage(): Usage {
    if (this.tag != EventTag.Usage) abort("this is no usage but " + this.toString());
    return changetype<Usage>(this._held2);
  }

  asStop(): Stop {
    if (this.tag != EventTag.Stop) abort("this is no stop but " + this.toString());
    return this._held3;
  }

  /** The name of the case, and its text if it has one. */
  toString(): string {
    switch (this.tag) {
      case EventTag.Text: return "text" + ": " + changetype<string>(this._held0);
      case EventTag.Thinking: return "thinking" + ": " + changetype<string>(this._held0);
      case EventTag.ToolStart: return "tool-start";
      case EventTag.ToolArguments: return "tool-arguments" + ": " + changetype<string>(this._held0);
      case EventTag.ToolEnd: return "tool-end";
      case EventTag.Usage: return "usage";
      case EventTag.Stop: return "stop";
    }
    return unreachable();
  }

  static _bare(tag: EventTag): Event {
    return new Event(tag);
  }

  static _holding0(tag: EventTag, value: string): Event {
    const made = new Event(tag);
    made._held0 = value;
    return made;
  }

  static _holding1(tag: EventTag, value: ToolUse): Event {
    const made = new Event(tag);
    made._held1 = value;
    return made;
  }

  static _holding2(tag: EventTag, value: Usage): Event {
    const made = new Event(tag);
    made._held2 = value;
    return made;
  }

  static _holding3(tag: EventTag, value: Stop): Event {
    const made = new Event(tag);
    made._held3 = value;
    return made;
  }
}

export { Error_ } from "./types";

export { ErrorTag } from "./types";

/** What to ask. JSON and not lists, since a list costs the host 32 bytes an element before it can refuse it. */
@final export class Chat {
  constructor(
    public model: string,
    public messages: string,
    public tools: string,
    public schema: string | null,
    public maxTokens: Option<u32>,
    public temperature: Option<f32>,
  ) {}
}

@final export class ToolCall {
  constructor(
    public id: string,
    public name: string,
    public arguments: string,
  ) {}
}

/** A whole answer. */
@final export class Reply {
  constructor(
    public text: string,
    public thinking: string,
    public toolCalls: Array<ToolCall>,
    public usage: Usage,
    public stop: Stop,
  ) {}
}

/** An answer just started, and the handle by which `poll` knows it. */
@final export class Started {
  constructor(
    public answer: Answer,
    public handle: u32,
  ) {}
}

// @ts-ignore: decorator
@external("lion:host/llm@0.1.0", "[method]answer.next")
declare function _Method$Answer$Next(_0: i32, _1: i32): void;

// @ts-ignore: decorator
@external("lion:host/llm@0.1.0", "models")
declare function _Models(_0: i32): void;

// @ts-ignore: decorator
@external("lion:host/llm@0.1.0", "ask")
declare function _Ask(_0: i32, _1: i32, _2: i32, _3: i32, _4: i32, _5: i32, _6: i32, _7: i32, _8: i32, _9: i32, _10: i32, _11: i32, _12: f32, _13: i32): void;

// @ts-ignore: decorator
@external("lion:host/llm@0.1.0", "start")
declare function _Start(_0: i32, _1: i32, _2: i32, _3: i32, _4: i32, _5: i32, _6: i32, _7: i32, _8: i32, _9: i32, _10: i32, _11: i32, _12: f32, _13: i32): void;

// @ts-ignore: decorator
@external("lion:host/llm@0.1.0", "[resource-drop]answer")
declare function _dropAnswer(handle: i32): void;

/** An answer as it comes. Dropping it ends it. */
export class Answer extends Resource {
  protected _kind(): string { return "answer"; }
  protected _dropHandle(handle: i32): void { _dropAnswer(handle); }

  /** The next event, or none after `stop`. Waits. */
  next(): Result<Event | null, Error_> {
    const _mark = abi.mark();
    const _to = abi.take(28, 4);
    _Method$Answer$Next(this._handle, _to);
    const _answer = loadResultOfOptionOfEventOrError(_to);
    abi.release(_mark);
    return _answer;
  }
}

/** The models this holder may ask, sorted. */
export function models(): Result<Array<string>, Error_> {
  const _mark = abi.mark();
  const _to = abi.take(16, 4);
  _Models(_to);
  const _answer = loadResultOfListOfStringOrError(_to);
  abi.release(_mark);
  return _answer;
}

/** Ask and wait for the whole answer. */
export function ask(chat: Chat): Result<Reply, Error_> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(chat.model);
  const _2 = abi.length;
  const _3 = abi.lowerString(chat.messages);
  const _4 = abi.length;
  const _5 = abi.lowerString(chat.tools);
  const _6 = abi.length;
  const _7 = chat.schema;
  let _8: i32 = 0;
  let _9: i32 = 0;
  if (_7 !== null) {
    const _10 = abi.lowerString(_7);
    const _11 = abi.length;
    _8 = _10;
    _9 = _11;
  }
  const _12 = chat.maxTokens;
  let _13: i32 = 0;
  if (_12.isSome) {
    _13 = _12.unwrap();
  }
  const _14 = chat.temperature;
  let _15: f32 = 0;
  if (_14.isSome) {
    _15 = _14.unwrap();
  }
  const _to = abi.take(44, 4);
  _Ask(_1, _2, _3, _4, _5, _6, <i32>(_7 !== null), _8, _9, <i32>(_12.isSome), _13, <i32>(_14.isSome), _15, _to);
  const _answer = loadResultOfReplyOrError(_to);
  abi.release(_mark);
  return _answer;
}

/** Ask and take the answer as it comes; does not wait for the model. */
export function start(chat: Chat): Result<Started, Error_> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(chat.model);
  const _2 = abi.length;
  const _3 = abi.lowerString(chat.messages);
  const _4 = abi.length;
  const _5 = abi.lowerString(chat.tools);
  const _6 = abi.length;
  const _7 = chat.schema;
  let _8: i32 = 0;
  let _9: i32 = 0;
  if (_7 !== null) {
    const _10 = abi.lowerString(_7);
    const _11 = abi.length;
    _8 = _10;
    _9 = _11;
  }
  const _12 = chat.maxTokens;
  let _13: i32 = 0;
  if (_12.isSome) {
    _13 = _12.unwrap();
  }
  const _14 = chat.temperature;
  let _15: f32 = 0;
  if (_14.isSome) {
    _15 = _14.unwrap();
  }
  const _to = abi.take(16, 4);
  _Start(_1, _2, _3, _4, _5, _6, <i32>(_7 !== null), _8, _9, <i32>(_12.isSome), _13, <i32>(_14.isSome), _15, _to);
  const _answer = loadResultOfLlmStartedOrError(_to);
  abi.release(_mark);
  return _answer;
}
