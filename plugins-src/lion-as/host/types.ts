// Made from lion's wit/ (see lion/toolchain/assemblyscript/library.py). Do not edit.
// The interface lion:host/types@0.1.0.

/**
 * Why a host call gave nothing. Every host function returns `result<_, error>`, so that a refusal is
 * always a value the guest can handle and never a trap. The text is for people.
 */
export enum ErrorTag {
  Denied = 0,
  Invalid = 1,
  NotFound = 2,
  Exists = 3,
  Conflict = 4,
  Exhausted = 5,
  Timeout = 6,
  Cancelled = 7,
  Unavailable = 8,
  Other = 9,
}

@final export class Error_ {
  _held0: string | null = null;
  private constructor(readonly tag: ErrorTag) {}

  static denied(value: string): Error_ {
    return Error_._holding0(ErrorTag.Denied, value);
  }

  static invalid(value: string): Error_ {
    return Error_._holding0(ErrorTag.Invalid, value);
  }

  static notFound(value: string): Error_ {
    return Error_._holding0(ErrorTag.NotFound, value);
  }

  static exists(value: string): Error_ {
    return Error_._holding0(ErrorTag.Exists, value);
  }

  static conflict(value: string): Error_ {
    return Error_._holding0(ErrorTag.Conflict, value);
  }

  static exhausted(value: string): Error_ {
    return Error_._holding0(ErrorTag.Exhausted, value);
  }

  static timeout(value: string): Error_ {
    return Error_._holding0(ErrorTag.Timeout, value);
  }

  static cancelled(value: string): Error_ {
    return Error_._holding0(ErrorTag.Cancelled, value);
  }

  static unavailable(value: string): Error_ {
    return Error_._holding0(ErrorTag.Unavailable, value);
  }

  static other(value: string): Error_ {
    return Error_._holding0(ErrorTag.Other, value);
  }

  asDenied(): string {
    if (this.tag != ErrorTag.Denied) abort("this is no denied but " + this.toString());
    return changetype<string>(this._held0);
  }

  asInvalid(): string {
    if (this.tag != ErrorTag.Invalid) abort("this is no invalid but " + this.toString());
    return changetype<string>(this._held0);
  }

  asNotFound(): string {
    if (this.tag != ErrorTag.NotFound) abort("this is no not-found but " + this.toString());
    return changetype<string>(this._held0);
  }

  asExists(): string {
    if (this.tag != ErrorTag.Exists) abort("this is no exists but " + this.toString());
    return changetype<string>(this._held0);
  }

  asConflict(): string {
    if (this.tag != ErrorTag.Conflict) abort("this is no conflict but " + this.toString());
    return changetype<string>(this._held0);
  }

  asExhausted(): string {
    if (this.tag != ErrorTag.Exhausted) abort("this is no exhausted but " + this.toString());
    return changetype<string>(this._held0);
  }

  asTimeout(): string {
    if (this.tag != ErrorTag.Timeout) abort("this is no timeout but " + this.toString());
    return changetype<string>(this._held0);
  }

  asCancelled(): string {
    if (this.tag != ErrorTag.Cancelled) abort("this is no cancelled but " + this.toString());
    return changetype<string>(this._held0);
  }

  asUnavailable(): string {
    if (this.tag != ErrorTag.Unavailable) abort("this is no unavailable but " + this.toString());
    return changetype<string>(this._held0);
  }

  asOther(): string {
    if (this.tag != ErrorTag.Other) abort("this is no other but " + this.toString());
    return changetype<string>(this._held0);
  }

  /** The name of the case, and its text if it has one. */
  toString(): string {
    switch (this.tag) {
      case ErrorTag.Denied: return "denied" + ": " + changetype<string>(this._held0);
      case ErrorTag.Invalid: return "invalid" + ": " + changetype<string>(this._held0);
      case ErrorTag.NotFound: return "not-found" + ": " + changetype<string>(this._held0);
      case ErrorTag.Exists: return "exists" + ": " + changetype<string>(this._held0);
      case ErrorTag.Conflict: return "conflict" + ": " + changetype<string>(this._held0);
      case ErrorTag.Exhausted: return "exhausted" + ": " + changetype<string>(this._held0);
      case ErrorTag.Timeout: return "timeout" + ": " + changetype<string>(this._held0);
      case ErrorTag.Cancelled: return "cancelled" + ": " + changetype<string>(this._held0);
      case ErrorTag.Unavailable: return "unavailable" + ": " + changetype<string>(this._held0);
      case ErrorTag.Other: return "other" + ": " + changetype<string>(this._held0);
    }
    return unreachable();
  }

  static _holding0(tag: ErrorTag, value: string): Error_ {
    const made = new Error_(tag);
    made._held0 = value;
    return made;
  }
}

/** What an agent's run comes to. */
@final export class Output {
  constructor(
    public text: string,
    public json: string | null,
  ) {}
}
