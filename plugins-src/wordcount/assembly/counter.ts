// Counts as bytes come, wherever they are cut.

import { Counts, Frequent } from "./bindings/world";
import { isAlone, isApostrophe, isPart } from "./letters";

const LONGEST: i32 = 100;

export class Counter {
  private lines: u64 = 0;
  private words: u64 = 0;
  private characters: u64 = 0;
  private bytes: u64 = 0;
  private times: Map<string, u32> = new Map<string, u32>();

  /** The character that is not complete yet, and how many bytes of it are to come. */
  private code: u32 = 0;
  private missing: i32 = 0;
  /** What it may be at least, so that no character has a longer form than it needs. */
  private least: u32 = 0;
  private begun: i32 = 0;

  /** The word under way; its length counts on where it is too long to be listed. */
  private word: Array<u32> = [];
  private length: i32 = 0;
  private apostrophe: u32 = 0;
  private last: u32 = 10;

  feed(piece: Uint8Array): void {
    this.bytes += piece.length;
    for (let i = 0; i < piece.length; i++) this.byte(unchecked(piece[i]));
  }

  /** Everything was fed. */
  finish(most: u32): Counts {
    this.giveUp();
    this.endWord();
    if (this.last != 10) this.lines++;
    return new Counts(this.lines, this.words, this.characters, this.bytes, this.frequent(most));
  }

  private byte(byte: u32): void {
    if (this.missing > 0) {
      if ((byte & 0xc0) == 0x80) {
        this.code = (this.code << 6) | (byte & 63);
        this.begun++;
        if (--this.missing == 0) this.complete();
        return;
      }
      this.giveUp();
    }
    if (byte < 0x80) this.character(byte);
    else if (byte >= 0xc2 && byte < 0xe0) this.begin(byte & 31, 1, 0x80);
    else if (byte >= 0xe0 && byte < 0xf0) this.begin(byte & 15, 2, 0x800);
    else if (byte >= 0xf0 && byte < 0xf5) this.begin(byte & 7, 3, 0x10000);
    else this.character(0xfffd);
  }

  private begin(code: u32, missing: i32, least: u32): void {
    this.code = code;
    this.missing = missing;
    this.least = least;
    this.begun = 1;
  }

  private complete(): void {
    const isValid = this.code >= this.least && this.code <= 0x10ffff && (this.code & 0xfffff800) != 0xd800;
    if (isValid) this.character(this.code);
    else this.giveUp();
  }

  /** What was begun is no character: each byte counts as one. */
  private giveUp(): void {
    this.missing = 0;
    for (; this.begun > 0; this.begun--) this.character(0xfffd, false);
  }

  private character(code: u32, isWhole: bool = true): void {
    if (isWhole) this.begun = 0;
    this.characters++;
    this.last = code;
    if (code == 10) this.lines++;
    if (isAlone(code)) {
      this.endWord();
      this.add(code);
      this.endWord();
    } else if (isPart(code)) {
      if (this.apostrophe) this.add(this.apostrophe);
      this.add(code);
    } else if (isApostrophe(code) && this.length > 0 && !this.apostrophe) {
      this.apostrophe = code;
    } else {
      this.endWord();
    }
  }

  private add(code: u32): void {
    this.apostrophe = 0;
    if (++this.length <= LONGEST) this.word.push(code);
  }

  private endWord(): void {
    this.apostrophe = 0;
    if (this.length == 0) return;
    this.words++;
    if (this.length <= LONGEST) {
      let text = "";
      for (let i = 0; i < this.word.length; i++) text += String.fromCodePoint(unchecked(this.word[i]));
      text = text.toLowerCase();
      this.times.set(text, this.times.has(text) ? this.times.get(text) + 1 : 1);
    }
    this.word.length = 0;
    this.length = 0;
  }

  private frequent(most: u32): Array<Frequent> {
    const words = this.times.keys();
    const all: Array<Frequent> = [];
    for (let i = 0; i < words.length; i++) all.push(new Frequent(words[i], this.times.get(words[i])));
    all.sort((a, b) => a.times != b.times ? (a.times > b.times ? -1 : 1) : a.word < b.word ? -1 : i32(a.word > b.word));
    return all.slice(0, most);
  }
}
