// Look here if you want to know what tests of the AssemblyScript library call. Not an example: those are hello-as and critic-as.

import { Error_, Json, JsonKind, Lines, Option, Result, Select, Tuple3, Unit, isDenied, kindOf, textOf } from "lion-as";
import * as agents from "lion-as/agents";
import * as bus from "lion-as/bus";
import * as clock from "lion-as/clock";
import * as config from "lion-as/config";
import * as denials from "lion-as/denials";
import * as elements from "lion-as/elements";
import * as fs from "lion-as/fs";
import * as http from "lion-as/http";
import * as kv from "lion-as/kv";
import * as llm from "lion-as/llm";
import * as log from "lion-as/log";
import * as output from "lion-as/output";
import * as packed from "lion-as/packed";
import * as tools from "lion-as/tools";

type Texts = Result<Array<string>, string>;

function ok<T>(value: T): Result<T, string> {
  return Result.ok<T, string>(value);
}

function fail<T, E>(error: E): Result<T, string> {
  return Result.err<T, string>(isDenied<E>(error) ? "refused: " + textOf<E>(error) : kindOf<E>(error) + ": " + textOf<E>(error));
}

export function json(text: string): Result<string, string> {
  const value = Json.parse(text);
  return value.isOk ? ok(value.value.toString()) : Result.err<string, string>(textOf(value.error));
}

export function sorted(text: string): string {
  return Json.parse(text).unwrap().sorted().toString();
}

export function number(text: string): Result<Tuple3<f64, Option<i64>, Option<u64>>, string> {
  const value = Json.parse(text).unwrap();
  const real = value.asNumber();
  if (real.isNone) return Result.err<Tuple3<f64, Option<i64>, Option<u64>>, string>("no number");
  return ok(new Tuple3(real.unwrap(), value.asInteger(), value.asUnsigned()));
}

export function written(text: string, whole: i64, unsigned: u64, real: f64, flag: bool): string {
  const list = Json.of<Array<i64>>([whole, -1]).push(text);
  const made = Json.object().with("text", text).with("whole", whole).with("unsigned", unsigned).with("real", real);
  return made.with("flag", flag).with("nothing", Json.null_()).with("list", list).with(text, Json.list()).toString();
}

export function walk(text: string, path: Array<string>): Result<string, string> {
  let value = Json.parse(text).unwrap();
  for (let i = 0; i < path.length; i++) {
    value = value.kind == JsonKind.List ? value.at(<i32>parseInt(path[i])) : value.get(path[i]);
  }
  if (value.isNull) return Result.err<string, string>("nothing");
  const flag = value.asBool();
  if (flag.isSome) return ok(flag.unwrap() ? "yes" : "no");
  return ok(value.textOr(value.length.toString() + " in " + value.keys().join(" ")));
}

export function pack(bytes: Uint8Array): string {
  return packed.fromBytes(bytes);
}

export function unpack(text: string): Result<Uint8Array, string> {
  const bytes = packed.toBytes(text);
  return bytes.isOk ? ok(bytes.value) : fail<Uint8Array, Error_>(bytes.error);
}

export function unpackText(text: string): Result<string, string> {
  const found = packed.toText(text);
  return found.isOk ? ok(found.value) : fail<string, Error_>(found.error);
}

export function lossy(bytes: Uint8Array): string {
  return packed.lossyText(bytes);
}

export function fetchLines(url: string): Texts {
  const started = http.get(url).header("accept", "text/plain\r\nx-evil: 1").timeout(5 * clock.SECOND).start();
  if (started.isErr) return fail<Array<string>, http.Failure>(started.error);
  const lines = new Lines<http.Failure>(started.value);
  const all: Array<string> = [];
  while (lines.next()) all.push(shortened(lines.value));
  const error = lines.error;
  return error !== null ? fail<Array<string>, http.Failure>(error) : ok(all);
}

/** How a line begins and ends, and how long it is. */
function shortened(line: string): string {
  const length = line.length;
  return length <= 1000 ? line : line.substring(0, 4) + " " + length.toString() + " " + line.substring(length - 4);
}

export function post(url: string, size: u32, header: string): Texts {
  const answer = http.post(url).body(packed.bytesOf("x".repeat(size))).send();
  if (answer.isErr) return fail<Array<string>, Error_>(http.asError(answer.error));
  const good = answer.value.good();
  if (good.isErr) return fail<Array<string>, Error_>(good.error);
  const found = good.value.header(header);
  return ok<Array<string>>([good.value.status.toString(), found === null ? "-" : found, good.value.text()]);
}

/** What an agent shows and comes to. */
export function spawned(agent: string, task: string, allow: string, calls: u64): Texts {
  const spawned = new agents.Spawn(agent, task).allow(allow).budget("calls", calls).stream().start();
  if (spawned.isErr) return fail<Array<string>, Error_>(spawned.error);
  const child = spawned.value;
  const all: Array<string> = [];
  const select = new Select<i32>();
  for (;;) {
    select.add(child.handle, 1);
    const turn = select.next();
    if (turn.isErr) return fail<Array<string>, Error_>(turn.error);
    const piece = child.next();
    if (piece.isErr) return fail<Array<string>, Error_>(piece.error);
    const text = piece.value;
    if (text === null) break;
    all.push(text);
  }
  const known = agents.list();
  if (known.isErr) return fail<Array<string>, Error_>(known.error);
  all.push(known.value[0].agent + " " + known.value[0].budgets[0].left.toString());
  const output = child.wait();
  if (output.isErr) return fail<Array<string>, Error_>(output.error);
  all.push(output.value.text);
  return ok(all);
}

/** What a request lacked, if it was denied. */
export function lacked(url: string): Result<string, string> {
  const answer = http.get(url).send();
  const last = denials.last();
  if (last.isErr) return fail<string, Error_>(last.error);
  const denial = last.value;
  if (denial === null) return ok(answer.isOk ? "nothing" : "unknown");
  return ok(denials.lineOf(denial) + (denials.isGrantable(denial) ? " grantable" : ""));
}

export function firstPiece(url: string): Result<u32, string> {
  const exchange = http.get(url).start();
  if (exchange.isErr) return fail<u32, http.Failure>(exchange.error);
  const size = exchange.value.next() ? exchange.value.value.length : 0;
  exchange.value.end();
  if (exchange.value.next()) return Result.err<u32, string>("it goes on after its end");
  return ok(<u32>size);
}

export function fileLines(path: string): Texts {
  const pieces = fs.chunks(path);
  if (pieces.isErr) return fail<Array<string>, fs.Failure>(pieces.error);
  const lines = new Lines<fs.Failure>(pieces.value);
  const all: Array<string> = [];
  while (lines.next()) all.push(shortened(lines.value));
  return ok(all);
}

export function writeAndRead(path: string, size: u32): Result<u32, string> {
  let done = fs.writeText(path, "é".repeat(size / 2));
  if (done.isOk) done = fs.append(path, "end");
  if (done.isErr) return fail<u32, Error_>(fs.asError(done.error));
  const text = fs.readText(path);
  if (text.isErr) return fail<u32, fs.Failure>(text.error);
  if (!text.value.endsWith("éend")) return Result.err<u32, string>("it is another text");
  return ok(<u32>packed.bytesOf(text.value).length);
}

export function makeDirs(path: string): Texts {
  const made = fs.makeDirs(path);
  const again = made.isOk ? fs.makeDirs(path) : made;
  if (again.isErr) return fail<Array<string>, fs.Failure>(again.error);
  if (!fs.exists(path).unwrap()) return Result.err<Array<string>, string>("it is not there");
  const names = fs.list(path.substring(0, path.lastIndexOf("/")));
  return names.isOk ? ok(names.value) : fail<Array<string>, fs.Failure>(names.error);
}

export function nap(time: u64): Result<u64, string> {
  const slept = clock.sleep(time);
  return slept.isOk ? ok(time) : fail<u64, Error_>(slept.error);
}

export function race(nap: string, times: Array<u64>, patience: u64, turns: u32): Texts {
  const select = new Select<i32>();
  const calls: Array<tools.Call> = [];
  for (let i = 0; i < times.length; i++) {
    const call = tools.start(nap, Json.object().with("time", times[i]));
    if (call.isErr) return fail<Array<string>, Error_>(call.error);
    select.add(call.value.handle, i);
    calls.push(call.value);
  }
  const late = clock.after(patience);
  if (late.isErr) return fail<Array<string>, Error_>(late.error);
  select.timer(late.value, -1);
  const order: Array<string> = [];
  while (<u32>order.length < turns) {
    const turn = select.next().unwrap();
    if (turn.isNone) break;
    const at = turn.unwrap();
    order.push(at < 0 ? "late" : at.toString() + " " + calls[at].take().unwrap().toString());
  }
  for (let i = 0; i < calls.length; i++) calls[i].drop();
  return ok(order);
}

export function work(model: string, question: string, rounds: u32): Result<string, string> {
  const offered = tools.list();
  if (offered.isErr) return fail<string, Error_>(offered.error);
  const chat = new llm.Chat(model).system("Use tools.").user(question).tools(offered.value);
  const reply = chat.work(rounds, llm.aloud);
  if (reply.isErr) return fail<string, Error_>(reply.error);
  return ok(reply.value.text + "\n" + chat.messages.toString());
}

export function events(model: string, question: string, most: u32): Texts {
  const started = new llm.Chat(model).user(question).start();
  if (started.isErr) return fail<Array<string>, Error_>(started.error);
  const answer = started.value;
  const all: Array<string> = [];
  while (<u32>all.length < most && answer.next()) all.push(answer.value.toString());
  answer.end();
  const error = answer.error;
  if (error !== null) all.push(error.toString());
  return ok(all);
}

export function setting(key: string): Result<string, string> {
  const value = config.value(key);
  return value.isOk ? ok(value.value.toString()) : fail<string, Error_>(value.error);
}

export function keep(key: string, text: string): Texts {
  let done = kv.setText(key, text);
  if (done.isOk) done = kv.setBytes(key + ".bytes", packed.bytesOf(text));
  if (done.isErr) return fail<Array<string>, Error_>(done.error);
  const found = kv.text(key).unwrap();
  const bytes = kv.bytes(key + ".bytes").unwrap();
  if (kv.text("nowhere").unwrap() !== null) return Result.err<Array<string>, string>("nowhere is somewhere");
  const all = kv.keys(key);
  if (all.isErr) return fail<Array<string>, Error_>(all.error);
  all.value.push(found === null ? "-" : found);
  all.value.push(bytes === null ? "-" : packed.lossyText(bytes));
  return ok(all.value);
}

export function arrange(texts: Array<string>): Texts {
  const order = new elements.Progression("order");
  for (let i = 0; i < texts.length; i++) {
    const made = elements.create("text", Json.of<string>(texts[i]));
    if (made.isErr) return fail<Array<string>, Error_>(made.error);
    (i % 2 ? order.insert(made.value, 0) : order.append(made.value)).unwrap();
  }
  const ids = elements.ofKind("text").unwrap();
  order.move(ids[0], <u32>ids.length - 1).unwrap();
  elements.update(ids[0], Json.of<string>("first"), 1).unwrap();
  elements.replace(ids[1], Json.of<string>("second")).unwrap();
  const all: Array<string> = [kindOf(elements.update(ids[0], Json.of<string>("late"), 1).error)];
  const found = order.ids().unwrap();
  for (let i = 0; i < found.length; i++) {
    const one = elements.get(found[i]).unwrap();
    all.push(one.kind + " " + one.revision.toString() + " " + one.json().unwrap().toString());
  }
  const gone = order.exclude(found[0]).unwrap() && elements.delete_(found[1]).unwrap() && elements.get(found[1]).isErr;
  all.push(gone.toString() + " " + elements.progressions().unwrap().toString());
  return ok(all);
}

export function mail(to: string, topic: string, text: string): Texts {
  const inbox = bus.inbox();
  if (inbox.isErr) return fail<Array<string>, Error_>(inbox.error);
  const news = bus.subscribe(topic);
  if (news.isErr) return fail<Array<string>, Error_>(news.error);
  const sent = bus.send(to, Json.object().with("text", text));
  if (sent.isErr) return fail<Array<string>, Error_>(sent.error);
  const heard = bus.publish(topic, Json.of<string>(text));
  if (heard.isErr) return fail<Array<string>, Error_>(heard.error);
  const select = new Select<i32>();
  select.add(inbox.value.handle, 0);
  select.add(news.value.handle, 1);
  const all: Array<string> = [heard.value.toString()];
  for (let turn = select.next().unwrap(); turn.isSome; turn = select.next().unwrap()) {
    const from = turn.unwrap() == 0 ? inbox.value : news.value;
    const message = from.next().unwrap();
    const about = message.topic;
    all.push(message.sender + " " + (about === null ? "-" : about) + " " + message.json().unwrap().toString());
    from.drop();
  }
  return ok(all);
}

export function show(size: u32): Result<Unit, string> {
  log.debug("a fault?");
  log.info("it goes on");
  log.warn("perhaps");
  log.error("wrong");
  let said = output.say("é".repeat(size / 2));
  if (said.isOk) said = output.sayLine("!");
  if (said.isOk) said = output.partial(Json.object().with("size", size));
  return said.isOk ? Result.done<string>() : fail<Unit, Error_>(said.error);
}
