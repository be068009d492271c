// Look here if you want to know who owns memory that the host reads or writes.
//
// Rule: what the host allocates in us (`cabi_realloc`) is raw memory that the garbage collector does not see; lifting a
// value copies it out and frees it.
// Rule: what we lower for the host lies in an arena: `mark`, lower, call, `release`. What an export returns is released
// by its `cabi_post_` function.

const FIRST: usize = memory.data(1024, 16);
const HEADER: usize = 16;

/** The block in use; each but the first begins with the previous block and where that one ended. */
let block: usize = FIRST;
let top: usize = FIRST;
let end: usize = FIRST + 1024;

/** What the next `lowerString` or `lowerList` says beside the address it returns. */
export let length: i32 = 0;

/** Say the length of what was lowered just now. */
export function setLength(value: i32): void {
  length = value;
}

/** The host asks for memory, or for more or less of it. */
export function cabi_realloc(old: usize, oldSize: usize, alignment: usize, size: usize): usize {
  if (size == 0) {
    if (oldSize != 0) heap.free(old);
    return alignment;
  }
  return oldSize == 0 ? heap.alloc(size) : heap.realloc(old, size);
}

/** Give back what the host allocated. */
export function free(at: usize, size: usize): void {
  if (size != 0) heap.free(at);
}

/** Where the arena stands. */
export function mark(): usize {
  return top;
}

/** Room for `size` bytes in the arena, until what was marked before is released. */
export function take(size: usize, alignment: usize): usize {
  let at = (top + alignment - 1) & ~(alignment - 1);
  if (at + size > end) at = grow(size);
  top = at + size;
  return at;
}

/** Room for a list of so many parts of `size` bytes each. */
export function room(count: i32, size: i32, alignment: usize): usize {
  const bytes = <u64>count * <u64>size;
  if (bytes > <u64>i32.MAX_VALUE) abort("a list is too long to be handed over");
  return take(<usize>bytes, alignment);
}

/** Another block; its beginning is aligned to 16, which is enough for everything. */
function grow(size: usize): usize {
  const whole = HEADER + max<usize>(size, 4096 - HEADER);
  const next = heap.alloc(whole);
  store<usize>(next, block);
  store<usize>(next, end, 4);
  block = next;
  end = next + whole;
  return next + HEADER;
}

/** Give back everything taken since `mark()` answered this. */
export function release(to: usize): void {
  while (to < block || to > end) {
    const previous = load<usize>(block);
    end = load<usize>(block, 4);
    heap.free(block);
    block = previous;
  }
  top = to;
}

/** Give back everything. */
export function releaseAll(): void {
  release(FIRST);
}
