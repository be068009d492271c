// Look here if you want to know how a stream of bytes is read line by line: `new Lines<Failure>(exchange)`.

import { Bytes } from "./bytes";
import { lossyText } from "./packed";
import { Stream } from "./stream";
import { Result } from "./values";

/** The lines of bytes that come by and by, without their line ends; what is not UTF-8 becomes U+FFFD. */
export class Lines<E> extends Stream<string, E> {
  private rest: Uint8Array = new Uint8Array(0);
  private at: i32 = 0;
  private isLast: bool = false;

  constructor(private bytes: Bytes<E>) {
    super();
  }

  protected pull(): Result<string | null, E> {
    while (true) {
      const end = this.rest.indexOf(10, this.at);
      if (end >= 0) {
        const line = this.rest.subarray(this.at, end);
        this.at = end + 1;
        return Result.ok<string | null, E>(textOf(line));
      }
      if (this.isLast) return Result.ok<string | null, E>(this.remainder());
      if (this.bytes.next()) this.add(this.bytes.value);
      else if (this.bytes.error !== null) return Result.err<string | null, E>(changetype<E>(this.bytes.error));
      else this.isLast = true;
    }
  }

  close(): void {
    this.bytes.end();
  }

  /** What stands after the last line end, if anything does. */
  private remainder(): string | null {
    const line = this.rest.subarray(this.at);
    this.at = this.rest.length;
    return line.length ? textOf(line) : null;
  }

  private add(piece: Uint8Array): void {
    const left = this.rest.length - this.at;
    const joined = new Uint8Array(left + piece.length);
    memory.copy(joined.dataStart, this.rest.dataStart + this.at, left);
    memory.copy(joined.dataStart + left, piece.dataStart, piece.length);
    this.rest = joined;
    this.at = 0;
  }
}

function textOf(line: Uint8Array): string {
  const length = line.length;
  return lossyText(length && line[length - 1] == 13 ? line.subarray(0, length - 1) : line);
}
