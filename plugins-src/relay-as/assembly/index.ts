// Calls another plugin's tool, several times in one call.

import { Result } from "lion-as";
import * as tools from "./bindings/tools";
import { ErrorTag } from "./bindings/types";

export function relay(tool: string, args: Array<string>): Result<Array<string>, string> {
  const answers: Array<string> = [];
  for (let i = 0; i < args.length; i++) {
    const called = tools.call(tool, args[i]);
    if (called.isErr && called.error.tag != ErrorTag.Other) {
      return Result.err<Array<string>, string>(called.error.toString());
    }
    // The result, or the tool's own error after `err `.
    answers.push(called.isOk ? called.value : "err " + called.error.asOther());
  }
  return Result.ok<Array<string>, string>(answers);
}
