// Look here if you want to know how to wait for the first of several things:
//
//     const select = new Select<string>();
//     select.add(call.handle, "answer");
//     select.timer(after(50 * MILLISECOND).unwrap(), "late");
//     for (let turn = select.next().unwrap(); turn.isSome; turn = select.next().unwrap()) { ... turn.unwrap() ... }

import { wait } from "./host/poll";
import { Error_ } from "./host/types";
import { Option, Result, Unit } from "./values";

/**
 * A set of things to wait for, each under a key of the caller's choice. Each key comes once. The set does not own what
 * it waits for: keep the call until its key has come.
 */
export class Select<K> {
  private handles: Array<u32> = [];
  private keys: Array<K> = [];
  private instants: Array<u64> = [];
  private timerKeys: Array<K> = [];
  private ready: Array<K> = [];

  /** Wait for this too: the `handle` of a tools.Call, an llm.Answer, an http.Exchange, or its `room`, a bus.Subscription. */
  add(handle: u32, key: K): void {
    this.handles.push(handle);
    this.keys.push(key);
  }

  /** Wait for an instant of the monotonic clock too. */
  timer(instant: u64, key: K): void {
    this.instants.push(instant);
    this.timerKeys.push(key);
  }

  /** How many have not come yet. */
  get length(): i32 {
    return this.keys.length + this.timerKeys.length + this.ready.length;
  }

  /** The key of the next one, or none if all have come. Waits. */
  next(): Result<Option<K>, Error_> {
    while (this.ready.length == 0 && this.length > 0) {
      const waited = this.wait();
      if (waited.isErr) return waited.pass<Option<K>>();
    }
    const next = this.ready.length ? Option.some<K>(this.ready.shift()) : Option.none<K>();
    return Result.ok<Option<K>, Error_>(next);
  }

  private wait(): Result<Unit, Error_> {
    const earliest = this.earliest();
    const until = earliest < 0 ? Option.none<u64>() : Option.some<u64>(this.instants[earliest]);
    const found = wait(this.handles.join(" "), until);
    if (found.isErr) return found.pass<Unit>();
    const indexes = found.value;
    for (let i = 0; i < indexes.length; i++) this.ready.push(this.keys[indexes[i]]);
    // From the end, so that the indexes before stay right.
    for (let i = indexes.length - 1; i >= 0; i--) {
      this.handles.splice(indexes[i], 1);
      this.keys.splice(indexes[i], 1);
    }
    if (indexes.length == 0 && earliest >= 0) {
      this.instants.splice(earliest, 1);
      this.ready.push(this.timerKeys.splice(earliest, 1)[0]);
    }
    return Result.done<Error_>();
  }

  /** The index of the first instant, -1 if there is none. */
  private earliest(): i32 {
    let found = -1;
    for (let i = 0; i < this.instants.length; i++) {
      if (found < 0 || this.instants[i] < this.instants[found]) found = i;
    }
    return found;
  }
}
