// Which characters words are made of.

import { isAlpha } from "util/string";

/** Letters, digits, and marks that belong to the letter before them. */
export function isPart(c: u32): bool {
  if (c < 0x80) return (c | 32) - 97 < 26 || c - 48 < 10;
  return isAlpha(c) || isDigit(c) || isMark(c);
}

/** What is a word by itself: Chinese characters and Japanese syllables of the round kind. */
export function isAlone(c: u32): bool {
  return c >= 0x3041 &&
    (c <= 0x3096 || (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x4e00 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) ||
      (c >= 0x20000 && c <= 0x3ffff));
}

export function isApostrophe(c: u32): bool {
  return c == 39 || c == 0x2019;
}

function isDigit(c: u32): bool {
  const isArabic = c - 0x660 < 10 || c - 0x6f0 < 10;
  // The scripts of India have theirs in the same place of each block.
  const isIndian = c >= 0x900 && c < 0xd80 && (c & 0x7f) - 0x66 < 10;
  return isArabic || isIndian || c - 0xe50 < 10 || c - 0xff10 < 10;
}

function isMark(c: u32): bool {
  const isAccent = c - 0x300 < 0x70 || c - 0x1ab0 < 0x50 || c - 0x1dc0 < 0x40 || c - 0x20d0 < 0x30;
  const isPoint = c - 0x591 < 0x2d || c - 0x64b < 0x15;
  // What joins consonants, and the dot below: again in the same places.
  const isIndian = c >= 0x900 && c < 0xd80 && ((c & 0x7f) == 0x4d || (c & 0x7f) == 0x3c);
  return isAccent || isPoint || isIndian || c - 0xfe00 < 16 || c == 0x200d;
}
