// Look here if you want to know how a guest that aborts says why.
//
// Rule: nothing is allocated here, because memory may be what ran out. Words beyond the room for them are cut.

const ROOM: i32 = 4096;
const PLACE: i32 = 300;

export namespace lastWords {
  export const TEXT: usize = memory.data(4096, 16);
  /** What the log answers; nobody reads it. */
  export const ANSWER: usize = memory.data(32, 16);

  let size: i32 = 0;
  let isAborting: bool = false;

  /** Write `message (file:line:column)`. Answers how many bytes; none if this is an abort within one. */
  export function write(message: string | null, file: string | null, line: u32, column: u32): i32 {
    if (isAborting) return 0;
    isAborting = true;
    add(message === null ? "abort" : message, ROOM - PLACE);
    if (file !== null) {
      add(" (", ROOM);
      add(file, ROOM - 30);
      add(":", ROOM);
      number(line);
      add(":", ROOM);
      number(column);
      add(")", ROOM);
    }
    return size;
  }

  /** UTF-8 takes at most three bytes for a unit of UTF-16. */
  function add(text: string, until: i32): void {
    const room = (until - size) / 3;
    let length = min(text.length, room);
    if (length <= 0) return;
    // Not between the two halves of a character.
    if (length < text.length && (text.charCodeAt(length - 1) & 0xfc00) == 0xd800) length--;
    const replace = String.UTF8.ErrorMode.REPLACE;
    size += <i32>String.UTF8.encodeUnsafe(changetype<usize>(text), length, TEXT + size, false, replace);
  }

  function number(value: u32): void {
    if (value > 9) number(value / 10);
    store<u8>(TEXT + size++, 48 + (value % 10));
  }
}
