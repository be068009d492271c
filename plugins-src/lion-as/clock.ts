// Look here if you want to know what time it is, and how to wait. All times are nanoseconds.

import { monotonic } from "./host/clock";
import { Error_ } from "./host/types";
import { Result } from "./values";

export { monotonic, now, sleep } from "./host/clock";

export const MICROSECOND: u64 = 1_000;
export const MILLISECOND: u64 = 1_000_000;
export const SECOND: u64 = 1_000_000_000;

/** The instant of `monotonic` that is this far ahead: what `Select.timer` takes. */
export function after(time: u64): Result<u64, Error_> {
  const now = monotonic();
  if (now.isErr) return now;
  return Result.ok<u64, Error_>(now.value > u64.MAX_VALUE - time ? u64.MAX_VALUE : now.value + time);
}
