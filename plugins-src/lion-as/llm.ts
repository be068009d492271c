// Look here if you want to know how a guest asks a language model, hears an answer as it comes, and lets a model work
// with tools until it is done:
//
//     const reply = new Chat("fast").system("Be short.").user("What do lions eat?").ask();
//     const reply = toolLoop("fast", list().unwrap(), "What do lions eat?");

import * as host from "./host/llm";
import { Event, EventTag, Reply, Stop, ToolCall, Usage } from "./host/llm";
import * as tools from "./host/tools";
import { Error_ } from "./host/types";
import { kindOf, textOf } from "./errors";
import { Json } from "./json";
import { say } from "./output";
import { Stream } from "./stream";
import { Option, Result, Unit } from "./values";

export { Event, EventTag, Reply, Stop, ToolCall, ToolUse, Usage, models } from "./host/llm";

/** How often a model may ask for tools unless said otherwise. */
export const ROUNDS: u32 = 8;

/** What is told each event of an answer. An error ends the answer. A function of a module: it cannot capture. */
export type Hear = (event: Event) => Result<Unit, Error_>;

/** Hear nothing. */
export function silent(event: Event): Result<Unit, Error_> {
  return Result.done<Error_>();
}

/** Show people the text as it comes. */
export function aloud(event: Event): Result<Unit, Error_> {
  return event.tag == EventTag.Text ? say(event.asText()) : Result.done<Error_>();
}

/** A conversation with a model, and how to ask it. */
export class Chat {
  /** What was said, as `lion:host/llm` describes it. */
  messages: Json = Json.list();
  schema: Json | null = null;
  maxTokens: Option<u32> = Option.none<u32>();
  temperature: Option<f32> = Option.none<f32>();
  private offered: Array<tools.Tool> = [];

  constructor(readonly model: string) {}

  /** Instruct the model. */
  system(content: string): Chat {
    return this.say("system", content);
  }

  /** Say something to the model. */
  user(content: string): Chat {
    return this.say("user", content);
  }

  /** Let the model use these tools. */
  tools(offered: Array<tools.Tool>): Chat {
    this.offered = offered;
    return this;
  }

  /** Ask and wait for the whole answer. The conversation stays as it is. */
  ask(): Result<Reply, Error_> {
    const chat = this.record();
    return chat.isErr ? chat.pass<Reply>() : host.ask(chat.value);
  }

  /** Ask and take the answer as it comes. The conversation stays as it is. */
  start(): Result<Answer, Error_> {
    const chat = this.record();
    if (chat.isErr) return chat.pass<Answer>();
    const started = host.start(chat.value);
    return started.isErr ? started.pass<Answer>() : Result.ok<Answer, Error_>(new Answer(started.value));
  }

  /**
   * Ask, and call the tools the model wants, until it wants no more; at most `rounds` times with tools, else
   * `exhausted`. `hear` is told everything as it comes. The conversation grows by all that was said.
   */
  work(rounds: u32 = ROUNDS, hear: Hear = silent): Result<Reply, Error_> {
    for (let round: u32 = 0; round <= rounds; round++) {
      const answer = this.start();
      if (answer.isErr) return answer.pass<Reply>();
      const reply = answer.value.gather(hear);
      if (reply.isErr) return reply;
      this.add(reply.value);
      if (reply.value.toolCalls.length == 0) return reply;
      this.callAll(reply.value.toolCalls);
    }
    const words = "the model still wants tools after " + rounds.toString() + " rounds";
    return Result.err<Reply, Error_>(Error_.exhausted(words));
  }

  /** Note what the model said. */
  add(reply: Reply): Chat {
    const message = Json.object().with("role", "assistant").with("content", reply.text);
    const calls = Json.list();
    for (let i = 0; i < reply.toolCalls.length; i++) {
      const call = reply.toolCalls[i];
      calls.push(Json.object().with("id", call.id).with("name", call.name).with("arguments", call.arguments));
    }
    if (calls.length) message.with("tool-calls", calls);
    if (reply.thinking.length) message.with("thinking", reply.thinking);
    this.messages.push(message);
    return this;
  }

  /** Note what came of the call with this id. */
  result(call: string, content: string): Chat {
    this.messages.push(Json.object().with("role", "tool").with("content", content).with("tool-call", call));
    return this;
  }

  private say(role: string, content: string): Chat {
    this.messages.push(Json.object().with("role", role).with("content", content));
    return this;
  }

  /** All calls at once; what fails is a result that says so. */
  private callAll(calls: Array<ToolCall>): void {
    const begun: Array<Result<tools.Started, Error_>> = [];
    for (let i = 0; i < calls.length; i++) begun.push(this.begin(calls[i]));
    for (let i = 0; i < calls.length; i++) {
      const result = begun[i].isErr ? begun[i].pass<string>() : begun[i].value.call.take();
      if (begun[i].isOk) begun[i].value.call.drop();
      this.result(calls[i].id, result.isOk ? result.value : told(result.error));
    }
  }

  private begin(call: ToolCall): Result<tools.Started, Error_> {
    for (let i = 0; i < this.offered.length; i++) {
      if (this.offered[i].name == call.name) return tools.start(call.name, call.arguments);
    }
    return Result.err<tools.Started, Error_>(Error_.notFound('there is no tool "' + call.name + '"'));
  }

  private record(): Result<host.Chat, Error_> {
    const offered = described(this.offered);
    if (offered.isErr) return offered.pass<host.Chat>();
    const schema = this.schema;
    const asked = schema !== null ? schema.toString() : null;
    return Result.ok<host.Chat, Error_>(
      new host.Chat(this.model, this.messages.toString(), offered.value, asked, this.maxTokens, this.temperature),
    );
  }
}

/** Ask a model that may use tools, and let it work until it is done: at most ROUNDS times with tools. */
export function toolLoop(model: string, offered: Array<tools.Tool>, question: string): Result<Reply, Error_> {
  return new Chat(model).user(question).tools(offered).work();
}

/** A tool's failure as the model reads it. */
export function told(error: Error_): string {
  return Json.object().with("error", kindOf<Error_>(error)).with("text", textOf<Error_>(error)).toString();
}

function described(offered: Array<tools.Tool>): Result<string, Error_> {
  if (offered.length == 0) return Result.ok<string, Error_>("");
  const all = Json.list();
  for (let i = 0; i < offered.length; i++) {
    const tool = offered[i];
    const schema = Json.parse(tool.inputSchema);
    if (schema.isErr) return schema.pass<string>();
    const about = Json.object().with("name", tool.name).with("description", tool.description);
    all.push(about.with("input-schema", schema.value));
  }
  return Result.ok<string, Error_>(all.toString());
}

/** An answer as it comes: a stream of its events, for `Select` known by its `handle`. */
export class Answer extends Stream<Event, Error_> {
  constructor(private started: host.Started) {
    super();
  }

  get handle(): u32 {
    return this.started.handle;
  }

  protected pull(): Result<Event | null, Error_> {
    return this.started.answer.next();
  }

  close(): void {
    this.started.answer.drop();
  }

  /** Everything that is still to come as a whole; `hear` is told each event. */
  gather(hear: Hear = silent): Result<Reply, Error_> {
    const reply = new Reply("", "", [], new Usage(0, 0, true), Stop.Other);
    while (this.next()) {
      const heard = hear(this.value);
      if (heard.isErr) {
        this.end();
        return heard.pass<Reply>();
      }
      note(reply, this.value);
    }
    const error = this.error;
    return error !== null ? Result.err<Reply, Error_>(error) : Result.ok<Reply, Error_>(reply);
  }
}

/** Add an event to a reply. */
function note(reply: Reply, event: Event): void {
  const calls = reply.toolCalls;
  switch (event.tag) {
    case EventTag.Text: reply.text += event.asText(); break;
    case EventTag.Thinking: reply.thinking += event.asThinking(); break;
    case EventTag.ToolStart: calls.push(new ToolCall(event.asToolStart().id, event.asToolStart().name, "")); break;
    case EventTag.ToolArguments: if (calls.length) calls[calls.length - 1].arguments += event.asToolArguments(); break;
    case EventTag.Usage: reply.usage = event.asUsage(); break;
    case EventTag.Stop: reply.stop = event.asStop(); break;
  }
}
