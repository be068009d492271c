// Greets people: one tool, one log line, one optional setting.

import { Result } from "lion-as";
import * as config from "./bindings/config";
import * as log from "./bindings/log";

export function greet(name: string): Result<string, string> {
  if (name.length == 0) return Result.err<string, string>("nobody to greet: the name is empty");
  const setting = config.get("greeting");
  const greeting = setting.isOk ? setting.value : null;
  log.write(log.Level.Info, "greeting " + name);
  return Result.ok<string, string>((greeting === null ? "Hello" : greeting) + ", " + name + "!");
}
