// Look here if you want to know how bytes come that come by and by: of a file, of a server's answer.

import { Stream } from "./stream";
import { Result } from "./values";

/** Bytes in pieces. For lines of text: `new Lines<Failure>(bytes)`. */
export abstract class Bytes<E> extends Stream<Uint8Array, E> {
  /** Everything that is still to come. */
  whole(): Result<Uint8Array, E> {
    const pieces: Array<Uint8Array> = [];
    let size = 0;
    while (this.next()) {
      pieces.push(this.value);
      size += this.value.length;
    }
    if (this.error !== null) return Result.err<Uint8Array, E>(changetype<E>(this.error));
    if (pieces.length == 1) return Result.ok<Uint8Array, E>(pieces[0]);
    const all = new Uint8Array(size);
    for (let i = 0, at = 0; i < pieces.length; i++) {
      all.set(pieces[i], at);
      at += pieces[i].length;
    }
    return Result.ok<Uint8Array, E>(all);
  }
}
