// Look here if you want to know how a guest calls functions of other plugins, with JSON values instead of texts.

import * as host from "./host/tools";
import { Error_ } from "./host/types";
import { Json } from "./json";
import { Result } from "./values";

export { Tool, list } from "./host/tools";

/** Call a tool and wait: `call("calculator.add", Json.object().with("a", 1).with("b", 2))`. */
export function call(name: string, parameters: Json): Result<Json, Error_> {
  const answer = host.call(name, parameters.toString());
  return answer.isErr ? answer.pass<Json>() : Json.parse(answer.value);
}

/** Start a call and go on. */
export function start(name: string, parameters: Json): Result<Call, Error_> {
  const started = host.start(name, parameters.toString());
  return started.isErr ? started.pass<Call>() : Result.ok<Call, Error_>(new Call(started.value));
}

/** A call under way, for `Select` known by its `handle`. */
@final export class Call {
  constructor(private started: host.Started) {}

  get handle(): u32 {
    return this.started.handle;
  }

  /** The result; waits until there is one. The call is over then. */
  take(): Result<Json, Error_> {
    const answer = this.started.call.take();
    this.drop();
    return answer.isErr ? answer.pass<Json>() : Json.parse(answer.value);
  }

  /** Cancel it, if it is not over. */
  drop(): void {
    this.started.call.drop();
  }
}
