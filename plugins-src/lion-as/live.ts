// Look here if you want to know how things of ours are held from outside: by number, until they are dropped.
//
// Rule: what somebody outside holds is kept from the garbage collector; what was dropped, or came back, is not.

/** The objects of one resource that somebody outside holds. */
export class Live<T> {
  private _slots: Array<T | null> = [];
  private _free: Array<i32> = [];

  /** Hold one more; its number. The same object twice has two. */
  add(value: T): i32 {
    if (this._free.length == 0) return this._slots.push(value) - 1;
    const rep = this._free.pop();
    this._slots[rep] = value;
    return rep;
  }

  /** The object of a number. */
  get(rep: i32): T {
    const value = this._slots[rep];
    if (value === null) abort("a resource is used after it was dropped");
    return changetype<T>(value);
  }

  /** Take the object out; its number is in use until `end`. */
  empty(rep: i32): T {
    const value = this.get(rep);
    this._slots[rep] = null;
    return value;
  }

  /** Nobody outside has the number any more; the object, if it was not taken out. */
  end(rep: i32): T | null {
    const value = this._slots[rep];
    this._slots[rep] = null;
    this._free.push(rep);
    return value;
  }
}
