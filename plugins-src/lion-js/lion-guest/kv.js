// A small store of its own, kept between runs.
import * as host from "lion:host/kv@0.1.0";
import { raised } from "./errors.js";
import { pack, text as decoded, unpack } from "./packed.js";

/** The bytes under a key, or undefined. */
export function get(key) {
  const found = raised(() => host.get(key));
  return found === undefined ? undefined : unpack(found);
}

/** The text under a key. */
export function text(key, otherwise) {
  const found = get(key);
  return found === undefined ? otherwise : decoded(found);
}

/** Store text or bytes. */
export const put = (key, value) => raised(() => host.set(key, pack(value)));

/** Remove a key. True if it was there. */
export const remove = (key) => raised(() => host["delete"](key));

/** All keys that begin with `prefix`, in byte order. */
export function* keys(prefix = "") {
  for (let after; ; ) {
    const page = raised(() => host.list(prefix, after, 1000));
    if (page.length === 0) return;
    yield* page;
    after = page.at(-1);
  }
}
