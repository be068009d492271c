// Made from lion's wit/ (see lion/toolchain/assemblyscript/library.py). Do not edit.
// The interface lion:host/agents@0.1.0.

import * as abi from "lion-as/abi";
import {
  loadResultOfListOfAboutOrError,
  loadResultOfListOfBudgetOrError,
  loadResultOfOptionOfStringOrError,
  loadResultOfOutputOrError,
  loadResultOfSpawnedOrError,
  loadResultOfUnitOrError,
} from "./canonical";
import { Error_, Output } from "./types";
import { Result, Unit } from "lion-as";
import { Resource } from "lion-as/abi";

export { Error_ } from "./types";

export { ErrorTag } from "./types";

export { Output } from "./types";

/** What a child may do and use. */
@final export class Terms {
  constructor(
    public allow: string | null,
    public budget: string,
    public streams: bool,
  ) {}
}

/** A child, and the handle by which `poll` knows that there is a piece or an output. */
@final export class Spawned {
  constructor(
    public child: Child,
    public handle: u32,
  ) {}
}

export enum State {
  Working = 0,
  Ended = 1,
  Cancelled = 2,
}

/** A budget by its name: how much in all, and how much is left. */
@final export class Budget {
  constructor(
    public name: string,
    public limit: u64,
    public left: u64,
  ) {}
}

/** A child that was not dropped, and how far what was set aside for it is used. */
@final export class About {
  constructor(
    public agent: string,
    public handle: u32,
    public state: State,
    public budgets: Array<Budget>,
  ) {}
}

// @ts-ignore: decorator
@external("lion:host/agents@0.1.0", "[method]child.next")
declare function _Method$Child$Next(_0: i32, _1: i32): void;

// @ts-ignore: decorator
@external("lion:host/agents@0.1.0", "[method]child.wait")
declare function _Method$Child$Wait(_0: i32, _1: i32): void;

// @ts-ignore: decorator
@external("lion:host/agents@0.1.0", "[method]child.cancel")
declare function _Method$Child$Cancel(_0: i32, _1: i32): void;

// @ts-ignore: decorator
@external("lion:host/agents@0.1.0", "spawn")
declare function _Spawn(_0: i32, _1: i32, _2: i32, _3: i32, _4: i32, _5: i32, _6: i32, _7: i32, _8: i32, _9: i32, _10: i32): void;

// @ts-ignore: decorator
@external("lion:host/agents@0.1.0", "list")
declare function _List(_0: i32): void;

// @ts-ignore: decorator
@external("lion:host/agents@0.1.0", "budgets")
declare function _Budgets(_0: i32): void;

// @ts-ignore: decorator
@external("lion:host/agents@0.1.0", "[resource-drop]child")
declare function _dropChild(handle: i32): void;

/** An agent that was spawned. Dropping it stops the agent. */
export class Child extends Resource {
  protected _kind(): string { return "child"; }
  protected _dropHandle(handle: i32): void { _dropChild(handle); }

  /** The next piece of text that it showed; none when no more comes. Waits. */
  next(): Result<string | null, Error_> {
    const _mark = abi.mark();
    const _to = abi.take(16, 4);
    _Method$Child$Next(this._handle, _to);
    const _answer = loadResultOfOptionOfStringOrError(_to);
    abi.release(_mark);
    return _answer;
  }

  /** Its output; waits until there is one. Its own error comes as it is. A second time is `invalid`. */
  wait(): Result<Output, Error_> {
    const _mark = abi.mark();
    const _to = abi.take(24, 4);
    _Method$Child$Wait(this._handle, _to);
    const _answer = loadResultOfOutputOrError(_to);
    abi.release(_mark);
    return _answer;
  }

  /** Stop it, with all that it has begun. What it came to is then `cancelled`. */
  cancel(): Result<Unit, Error_> {
    const _mark = abi.mark();
    const _to = abi.take(16, 4);
    _Method$Child$Cancel(this._handle, _to);
    const _answer = loadResultOfUnitOrError(_to);
    abi.release(_mark);
    return _answer;
  }
}

/**
 * Have an agent work on a task of at most 64 KiB, and go on. `exhausted` if too many agents are at work, if they
 * would be too deep, or if a budget does not have what is to be set aside.
 */
export function spawn(agent: string, task: string, terms: Terms): Result<Spawned, Error_> {
  const _mark = abi.mark();
  const _1 = abi.lowerString(agent);
  const _2 = abi.length;
  const _3 = abi.lowerString(task);
  const _4 = abi.length;
  const _5 = terms.allow;
  let _6: i32 = 0;
  let _7: i32 = 0;
  if (_5 !== null) {
    const _8 = abi.lowerString(_5);
    const _9 = abi.length;
    _6 = _8;
    _7 = _9;
  }
  const _10 = abi.lowerString(terms.budget);
  const _11 = abi.length;
  const _to = abi.take(16, 4);
  _Spawn(_1, _2, _3, _4, <i32>(_5 !== null), _6, _7, _10, _11, terms.streams, _to);
  const _answer = loadResultOfSpawnedOrError(_to);
  abi.release(_mark);
  return _answer;
}

/** The caller's children, oldest first. */
export function list(): Result<Array<About>, Error_> {
  const _mark = abi.mark();
  const _to = abi.take(16, 4);
  _List(_to);
  const _answer = loadResultOfListOfAboutOrError(_to);
  abi.release(_mark);
  return _answer;
}

/** The caller's own budgets that are limited, by name. */
export function budgets(): Result<Array<Budget>, Error_> {
  const _mark = abi.mark();
  const _to = abi.take(16, 4);
  _Budgets(_to);
  const _answer = loadResultOfListOfBudgetOrError(_to);
  abi.release(_mark);
  return _answer;
}
