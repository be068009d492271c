// Look here if you want to know how names that come in pages are gathered.

import { Result } from "./values";

/** Names of one page. */
export const PAGE: u32 = 1000;

/** Everything that `page` answers about `what`, asked again after the last name until a page is not full. */
export function gather<E>(
  what: string,
  page: (what: string, after: string | null, limit: u32) => Result<Array<string>, E>,
): Result<Array<string>, E> {
  const all: Array<string> = [];
  while (true) {
    const found = page(what, all.length ? all[all.length - 1] : null, PAGE);
    if (found.isErr) return found;
    for (let i = 0; i < found.value.length; i++) all.push(found.value[i]);
    if (found.value.length < <i32>PAGE) return Result.ok<Array<string>, E>(all);
  }
}
