// Made from lion's wit/ (see lion/toolchain/assemblyscript/library.py). Do not edit.
// The interface lion:host/bus@0.1.0.

import * as abi from "lion-as/abi";
import {
  loadResultOfMessageOrError,
  loadResultOfSubscribedOrError,
  loadResultOfU32OrError,
  loadResultOfUnitOrError,
} from "./canonical";
import { Error_ } from "./types";
import { Result, Unit } from "lion-as";
import { Resource } from "lion-as/abi";

/** A message, as its receiver gets it. */
@final export class Message {
  constructor(
    public sender: string,
    public topic: string | null,
    public payload: string,
    public missed: u32,
  ) {}
}

export { Error_ } from "./types";

export { ErrorTag } from "./types";

/** A subscription, and the handle by which `poll` knows it: it is ready while a message waits. */
@final export class Subscribed {
  constructor(
    public subscription: Subscription,
    public handle: u32,
  ) {}
}

// @ts-ignore: decorator
@external("lion:host/bus@0.1.0", "[method]subscription.next")
declare function _Method$Subscription$Next(_0: i32, _1: i32): void;

// @ts-ignore: decorator
@external("lion:host/bus@0.1.0", "send")
declare function _Send(_0: i32, _1: i32, _2: i32, _3: i32, _4: i32): void;

// @ts-ignore: decorator
@external("lion:host/bus@0.1.0", "publish")
declare function _Publish(_0: i32, _1: i32, _2: i32, _3: i32, _4: i32): void;

// @ts-ignore: decorator
@external("lion:host/bus@0.1.0", "subscribe")
declare function _Subscribe(_0: i32, _1: i32, _2: i32): void;

// @ts-ignore: decorator
@external("lion:host/bus@0.1.0", "inbox")
declare function _Inbox(_0: i32): void;

// @ts-ignore: decorator
@external("lion:host/bus@0.1.0", "[resource-drop]subscription")
declare function _dropSubscription(handle: i32): void;

/** What comes, in order. */
export class Subscription extends Resource {
  protected _kind(): string { return "subscription"; }
  protected _dropHandle(handle: i32): void { _dropSubscription(handle); }

  /** The next message; waits until there is one. */
  next(): Result<Message, Error_> {
    const _mark = abi.mark();
    const _to = abi.take(36, 4);
    _Method$Subscription$Next(this._handle, _to);
    const _answer = loadResultOfMessageOrError(_to);
    abi.release(_mark);
    return _answer;
  }
}

/**
 * Write to one holder. Its inbox is kept as long as the run and read by whichever of its instances asks first.
 * `exhausted` if it is full: 256 messages or 1 MiB, and of one sender half of that. `not-found` if there is no
 * such holder.
 */
export function send(to: string, payload: string): Result<Unit, Error_> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(to);
  const _2 = abi.length;
  const _3 = abi.lowerString(payload);
  const _4 = abi.length;
  const _to = abi.take(16, 4);
  _Send(_1, _2, _3, _4, _to);
  const _answer = loadResultOfUnitOrError(_to);
  abi.release(_mark);
  return _answer;
}

/** Write to all who subscribed to a topic; how many there were. */
export function publish(topic: string, payload: string): Result<u32, Error_> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(topic);
  const _2 = abi.length;
  const _3 = abi.lowerString(payload);
  const _4 = abi.length;
  const _to = abi.take(16, 4);
  _Publish(_1, _2, _3, _4, _to);
  const _answer = loadResultOfU32OrError(_to);
  abi.release(_mark);
  return _answer;
}

/**
 * Hear what is published from now on, on the topics that a pattern names. Of what is not read in time the last 256
 * messages or 256 KiB are kept. `exhausted` with more than 32 at a time, or 1,024 in all of an instance.
 */
export function subscribe(pattern: string): Result<Subscribed, Error_> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(pattern);
  const _2 = abi.length;
  const _to = abi.take(16, 4);
  _Subscribe(_1, _2, _to);
  const _answer = loadResultOfSubscribedOrError(_to);
  abi.release(_mark);
  return _answer;
}

/** Read what was sent to this holder, also what came before. */
export function inbox(): Result<Subscribed, Error_> {
  const _mark = abi.mark();
  const _to = abi.take(16, 4);
  _Inbox(_to);
  const _answer = loadResultOfSubscribedOrError(_to);
  abi.release(_mark);
  return _answer;
}
