// Look here if you want to know how a text grows piece by piece in time that grows with it.

/** UTF-16 that is added to at its end. */
@final export class TextBuffer {
  length: i32 = 0;
  private units: StaticArray<u16> = new StaticArray<u16>(256);

  push(piece: string): void {
    const need = this.length + piece.length;
    if (need > this.units.length) {
      const larger = new StaticArray<u16>(max(need, this.units.length * 2));
      memory.copy(changetype<usize>(larger), changetype<usize>(this.units), <usize>this.length << 1);
      this.units = larger;
    }
    const end = changetype<usize>(this.units) + (<usize>this.length << 1);
    memory.copy(end, changetype<usize>(piece), <usize>piece.length << 1);
    this.length = need;
  }

  at(index: i32): i32 {
    return <i32>unchecked(this.units[index]);
  }

  /** The text from one place up to another. */
  slice(from: i32, to: i32): string {
    return String.UTF16.decodeUnsafe(changetype<usize>(this.units) + (<usize>from << 1), <usize>(to - from) << 1);
  }
}
