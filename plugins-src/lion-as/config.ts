// Look here if you want to know how a guest reads the settings that the manifest gives it.

import { get } from "./host/config";
import { Error_ } from "./host/types";
import { Json } from "./json";
import { Result } from "./values";

export { get, keys } from "./host/config";

/** A setting that is not a text: a number, an array, a table. Null if the manifest does not have it. */
export function value(key: string): Result<Json, Error_> {
  const setting = get(key);
  if (setting.isErr) return setting.pass<Json>();
  const text = setting.value;
  return text === null ? Result.ok<Json, Error_>(Json.null_()) : Json.parse(text);
}
