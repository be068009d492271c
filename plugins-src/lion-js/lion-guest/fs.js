// Files within the grants of the manifest.
import * as host from "lion:host/fs@0.1.0";
import { raised } from "./errors.js";
import { pack, pieces, ROOM, text, unpack } from "./packed.js";

/** Where files may be. */
export const mounts = () => raised(() => host.mounts());

/** A whole file of at most 256 KiB. */
export const readBytes = (path) => unpack(raised(() => host.read(path)));
export const readText = (path) => text(readBytes(path));

/** Text or bytes as the whole file. Up to 48 KiB readers see the old or the new one. */
export function write(path, content) {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  if (bytes.length <= ROOM) return raised(() => host.write(path, pack(bytes)));
  appendTo(raised(() => host.open(path, { write: true, create: true, truncate: true })), bytes);
}

/** Text or bytes at the end of a file, which is made if it is not there. */
export const append = (path, content) =>
  appendTo(raised(() => host.open(path, { write: true, create: true })), content);

function appendTo(file, content) {
  try {
    for (const piece of pieces(content)) raised(() => file.append(pack(piece)));
  } finally {
    file[Symbol.dispose]?.();
  }
}

/** The names in a directory, in byte order. */
export function* names(path) {
  for (let after; ; ) {
    const page = raised(() => host.list(path, after, 1000));
    if (page.length === 0) return;
    yield* page;
    after = page.at(-1);
  }
}

/** Kind, size, links, and times in nanoseconds since 1970. */
export const stat = (path, follow = true) => raised(() => host.stat(path, follow));

/** Whether something is there. */
export function exists(path) {
  try {
    stat(path);
    return true;
  } catch (error) {
    if (error.code === "not-found") return false;
    throw error;
  }
}

export const makeDir = (path) => raised(() => host.makeDir(path));
export const removeDir = (path) => raised(() => host.removeDir(path));
export const remove = (path) => raised(() => host.unlink(path));
export const rename = (from, to) => raised(() => host.rename(from, to));
