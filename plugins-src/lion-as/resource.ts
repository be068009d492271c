// Look here if you want to know how a thing of the host's is held: a handle that is given away or dropped once.

/** Something of the host's. Using it after `drop`, or after it was given away, aborts. */
export abstract class Resource {
  constructor(private _held: i32) {}

  /** What this kind of thing is called in WIT. */
  protected abstract _kind(): string;

  /** Tell the host that nobody here needs it any more. */
  protected abstract _dropHandle(handle: i32): void;

  /** The handle, to lend it to the host for a call. */
  get _handle(): i32 {
    if (this._held == 0) abort("this " + this._kind() + " was dropped or given away");
    return this._held;
  }

  /** The handle, to give it to the host for good. */
  _give(): i32 {
    const handle = this._handle;
    this._held = 0;
    return handle;
  }

  /** Let go of it. A second time does nothing. */
  drop(): void {
    if (this._held != 0) this._dropHandle(this._give());
  }
}

/** What was lent to an export and goes back when that returns. */
const lent: Array<Resource> = [];

/** Note that this was lent to an export. */
export function lend<T extends Resource>(it: T): T {
  lent.push(it);
  return it;
}

/** Give back what was lent to an export. */
export function returnLent(): void {
  while (lent.length) lent.pop().drop();
}
