// An agent that judges what others wrote, text after text, as soon as each is there: plugins-src/critic once more.
//
// Settings: `model` (by default "fast"); `reads`, the calls that give the texts, as
// `[{ name = "notebook.read", with = { title = "lions" } }]`; `patience`, how many nanoseconds to wait for one.

import { Error_, Json, JsonKind, Result, isDenied, kindOf, textOf } from "lion-as";
import { MILLISECOND, SECOND, after, monotonic, sleep } from "lion-as/clock";
import * as config from "lion-as/config";
import { Chat, aloud } from "lion-as/llm";
import { say, sayLine } from "lion-as/output";
import * as tools from "lion-as/tools";
import { Output } from "./bindings/types";

const PATIENCE: u64 = 30 * SECOND;
const PAUSE: u64 = 200 * MILLISECOND;
const TASK: string =
  "You judge a text that somebody else wrote. Is each claim supported by a source it cites? Say in one " +
  "or two sentences what is good and what is missing, and begin with the word accepted or rejected.";

export function run(task: string): Result<Output, Error_> {
  const reads = config.value("reads");
  if (reads.isErr) return reads.pass<Output>();
  if (reads.value.kind != JsonKind.List && !reads.value.isNull) return invalid<Output>("reads: it is no list");
  const verdicts: Array<string> = [];
  for (let i = 0; i < reads.value.length; i++) {
    const verdict = judgeOne(task, reads.value.at(i));
    if (verdict.isErr) return verdict.pass<Output>();
    verdicts.push(verdict.value);
  }
  const json = Json.object().with("verdicts", verdicts).toString();
  return Result.ok<Output, Error_>(new Output(verdicts.join("\n"), json));
}

function judgeOne(task: string, read: Json): Result<string, Error_> {
  const name = read.get("name").asText();
  if (name === null) return invalid<string>("reads: one has no name");
  const until = patience();
  if (until.isErr) return until.pass<string>();
  const text = waitFor(name, read.get("with"), until.value);
  return text.isOk ? judge(task, text.value) : told(name, text.error);
}

/** The instant of the clock until which to wait. */
function patience(): Result<u64, Error_> {
  const setting = config.value("patience");
  if (setting.isErr) return setting.pass<u64>();
  const time = setting.value.asUnsigned();
  if (time.isNone && !setting.value.isNull) return invalid<u64>("patience: it is no number of nanoseconds");
  return after(time.unwrapOr(PATIENCE));
}

function invalid<T>(words: string): Result<T, Error_> {
  return Result.err<T, Error_>(Error_.invalid(words));
}

/** The text, once there is one; the last error if it never comes. A refusal is not waited for. */
function waitFor(name: string, parameters: Json, until: u64): Result<string, Error_> {
  while (true) {
    const answer = tools.call(name, parameters);
    const text = answer.isOk ? written(answer.value) : "";
    if (text.length > 0) return Result.ok<string, Error_>(text);
    if (answer.isErr && isDenied(answer.error)) return answer.pass<string>();
    const now = monotonic();
    if (now.isErr) return now.pass<string>();
    if (now.value >= until) {
      return answer.isErr ? answer.pass<string>() : Result.err<string, Error_>(Error_.timeout("nobody wrote anything"));
    }
    const slept = sleep(PAUSE);
    if (slept.isErr) return slept.pass<string>();
  }
}

/** What a tool gave, as text; nothing if it gave nothing. */
function written(value: Json): string {
  const text = value.asText();
  return text !== null ? text : value.isNull ? "" : value.sorted().toString();
}

function judge(task: string, text: string): Result<string, Error_> {
  const model = config.get("model");
  if (model.isErr) return model.pass<string>();
  const name = model.value;
  const chat = new Chat(name === null ? "fast" : name).system(TASK).user(task + "\n\nThe text:\n\n" + text);
  const answer = chat.start();
  if (answer.isErr) return answer.pass<string>();
  const reply = answer.value.gather(aloud);
  if (reply.isErr) return reply.pass<string>();
  const said = say("\n");
  return said.isErr ? said.pass<string>() : Result.ok<string, Error_>(reply.value.text.trimEnd());
}

/** What is said of a text that did not come. */
function told(name: string, error: Error_): Result<string, Error_> {
  // A tool's own error is JSON text.
  const inner = Json.parse(textOf(error));
  const text = inner.isOk ? inner.value.textOr(textOf(error)) : textOf(error);
  const why = "nothing to judge (" + kindOf(error) + ": " + text + ")";
  const said = sayLine(name + ": " + why);
  return said.isErr ? said.pass<string>() : Result.ok<string, Error_>("rejected: " + why);
}
