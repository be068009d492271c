// Look here if you want to know the types WIT has and AssemblyScript lacks: Result, Option, Unit, tuples.

/** What a result holds that has nothing to say. */
@final export class Unit {}

/** What `text` an error is, if it has one. */
function words<E>(error: E): string {
  if (isString(error)) return changetype<string>(error);
  if (isDefined(error.toString)) return error.toString();
  return "it is an error";
}

/** Either a value, or why there is none. */
@final export class Result<T, E> {
  private constructor(readonly isOk: bool, private held: T, private wrong: E) {}

  static ok<T, E>(value: T): Result<T, E> {
    return new Result<T, E>(true, value, nothing<E>());
  }

  static err<T, E>(error: E): Result<T, E> {
    return new Result<T, E>(false, nothing<T>(), error);
  }

  /** Done, and nothing to say about it. */
  static done<E>(): Result<Unit, E> {
    return new Result<Unit, E>(true, nothing<Unit>(), nothing<E>());
  }

  get isErr(): bool {
    return !this.isOk;
  }

  /** The value; aborts if there is none. */
  get value(): T {
    if (!this.isOk) abort("this result has no value but an error: " + words<E>(this.wrong));
    return this.held;
  }

  /** The error; aborts if there is none. */
  get error(): E {
    if (this.isOk) abort("this result is no error");
    return this.wrong;
  }

  /** The value; aborts with the error's words if there is none. */
  unwrap(): T {
    if (!this.isOk) abort(words<E>(this.wrong));
    return this.held;
  }

  /** The value, or this one if there is none. */
  unwrapOr(other: T): T {
    return this.isOk ? this.held : other;
  }

  /** The same error, where a result of something else is wanted: `if (r.isErr) return r.pass<string>();` */
  pass<U>(): Result<U, E> {
    return Result.err<U, E>(this.error);
  }
}

/** A value or none, where `T | null` cannot say it: of numbers, bools and enums, and of options. */
@final export class Option<T> {
  private constructor(readonly isSome: bool, private held: T) {}

  static some<T>(value: T): Option<T> {
    return new Option<T>(true, value);
  }

  static none<T>(): Option<T> {
    return new Option<T>(false, nothing<T>());
  }

  get isNone(): bool {
    return !this.isSome;
  }

  /** The value; aborts if there is none. */
  unwrap(): T {
    if (!this.isSome) abort("this option is none");
    return this.held;
  }

  /** The value, or this one if there is none. */
  unwrapOr(other: T): T {
    return this.isSome ? this.held : other;
  }
}

/** What a field holds that is never read: zero, or no object. */
// @ts-ignore: decorator
@inline export function nothing<T>(): T {
  if (isReference<T>()) return changetype<T>(0);
  // @ts-ignore: a number
  return <T>0;
}
