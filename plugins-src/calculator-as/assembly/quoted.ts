// What a text is between quotes: what people could not see or would misread is written out, as Rust's `{:?}` does.
// Beyond Latin-1 that is done for spaces, what changes the direction or joins, and accents without a letter.

/** A text as a message shows it. */
export function quoted(text: string): string {
  let shown = '"';
  for (let i = 0; i < text.length; ) {
    const code = text.codePointAt(i);
    shown += escaped(code);
    i += code > 0xffff ? 2 : 1;
  }
  return shown + '"';
}

/** White space as Unicode has it. */
export function isSpace(c: u32): bool {
  if (c < 0x80) return c == 32 || (c >= 9 && c <= 13);
  return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
    c == 0x202f || c == 0x205f || c == 0x3000;
}

function escaped(c: u32): string {
  switch (c) {
    case 0: return "\\0";
    case 9: return "\\t";
    case 10: return "\\n";
    case 13: return "\\r";
    case 34: return '\\"';
    case 92: return "\\\\";
  }
  return isShown(c) ? String.fromCodePoint(c) : "\\u{" + c.toString(16) + "}";
}

function isShown(c: u32): bool {
  if (c == 32) return true;
  const isControl = c < 32 || (c >= 0x7f && c < 0xa0) || c == 0xad;
  const isFormat = (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f);
  const isAccent = c >= 0x300 && c <= 0x36f;
  return !(isControl || isFormat || isAccent || isSpace(c) || c == 0xfeff);
}
