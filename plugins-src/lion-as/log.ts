// Look here if you want to know how a guest writes to the log. A log that refuses is no reason to fail, so nobody is
// told whether it did.

import { Level, write } from "./host/log";

export { Level, write } from "./host/log";

/** A line for who looks for a fault. */
export function debug(line: string): void {
  write(Level.Debug, line);
}

/** A line about what goes on. */
export function info(line: string): void {
  write(Level.Info, line);
}

/** A line about what may be wrong. */
export function warn(line: string): void {
  write(Level.Warn, line);
}

/** A line about what is wrong. */
export function error(line: string): void {
  write(Level.Error, line);
}
