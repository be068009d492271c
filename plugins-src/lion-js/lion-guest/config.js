// Settings that the manifest gives (its `config` table).
import * as host from "lion:host/config@0.1.0";
import { raised } from "./errors.js";

/** A setting as text; anything but text as JSON. */
export const get = (key, otherwise) => raised(() => host.get(key)) ?? otherwise;

/** A setting that is no text: a number, a list, a table. */
export function value(key, otherwise) {
  const found = get(key);
  return found === undefined ? otherwise : JSON.parse(found);
}

/** The names of all settings, sorted. */
export const keys = () => raised(() => host.keys());
