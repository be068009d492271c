// Look here if you want to know how something that comes by and by is gone through:
//
//     while (pieces.next()) use(pieces.value);
//     if (pieces.error !== null) ...              // it did not come to its end

import { Result } from "./values";

/** Values one after the other, and perhaps an error at the end of them. */
export abstract class Stream<T, E> {
  private held: T | null = null;
  private wrong: E | null = null;
  private isOver: bool = false;

  /** The next one, or null at the end. Waits. */
  protected abstract pull(): Result<T | null, E>;

  /** Let go of what it comes from, at the end or before; asking again answers that it is over. */
  abstract close(): void;

  /** Go to the next one; false if there is none any more. Waits. */
  next(): bool {
    this.held = null;
    if (this.isOver) return false;
    const found = this.pull();
    if (found.isOk) this.held = found.value;
    else this.wrong = found.error;
    if (this.held !== null) return true;
    this.end();
    return false;
  }

  /** The one it is at; aborts before the first and after the last. */
  get value(): T {
    if (this.held === null) abort("there is no value here: ask next() first");
    return changetype<T>(this.held);
  }

  /** Why it ended early; null if it did not. */
  get error(): E | null {
    return this.wrong;
  }

  /** Leave the rest. */
  end(): void {
    if (!this.isOver) this.close();
    this.isOver = true;
  }
}
