// Functions of other plugins: each call is decided, and runs under the other's own grants.
import * as host from "lion:host/tools@0.1.0";
import { raised } from "./errors.js";

/** What may be called, sorted: `name`, `description`, and two schemas as text. */
export const list = () => raised(() => host.list());

/** Call a tool, arguments by name, and wait for its result. A tool's own error has the code `other`. */
export const call = (name, given = {}) => JSON.parse(raised(() => host.call(name, JSON.stringify(given))));

/** Call a tool and go on: `take()` waits for the result. */
export const start = (name, given = {}) => startText(name, JSON.stringify(given));

/** `start` with the arguments as JSON text. */
export function startText(name, given) {
  const { call } = raised(() => host.start(name, given));
  const takeText = () => raised(() => call.take());
  return { takeText, take: () => JSON.parse(takeText()), [Symbol.dispose]: () => call[Symbol.dispose]?.() };
}

/** The results of several calls, `[name, arguments]` each, which run at the same time. */
export const together = (...calls) => calls.map((one) => start(...one)).map((begun) => begun.take());
