// Look here if you want to know what is done in Node: WIT to an empty component, and AssemblyScript to a real one.
//
//     node compile.mjs empty < {"packages", "source", "world"}                         component on stdout
//     node compile.mjs build < {"packages", "source", "world", "arguments", "exports"} component on stdout
//
// The one JSON value on stdin names in `packages` the folder of each package by name. `arguments` are asc's,
// `exports` renames what asc exports: AssemblyScript has identifiers, a component's core module has WIT names.
// What went wrong goes to stderr, and the exit code says whose words it is: 3 asc's, 4 those about the WIT.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { join } from "node:path";

const [, , task] = process.argv;
const job = JSON.parse(readFileSync(0, "utf8"));
const load = (name, file) => import(pathToFileURL(join(job.packages[name], file)).href);
const tools = await load("@bytecodealliance/jco-transpile", "dist/wasm-tools.js");

function fail(code, error) {
  process.stderr.write(`${error?.payload ?? error?.message ?? error}\n`);
  process.exit(code);
}

// The types that stand in a world itself are not seen by those who reflect the component, so they get an interface:
// what wasm-tools prints is regular, a definition ends at the line that closes it.
function gatherTypes(wit) {
  const begin = wit.indexOf("world root {\n");
  const end = wit.indexOf("\n}\n", begin);
  const types = [], rest = [], names = [];
  for (const item of wit.slice(begin + 13, end).split(/\n(?=  \S)(?!  })/)) {
    const found = /^  (record|variant|enum|flags|type|use) (.*)/.exec(item);
    (found ? types : rest).push(item);
    if (!found) continue;
    if (found[1] === "use") names.push(...item.replace(/.*\{|\}.*/g, "").split(",").map(x => x.split(" as ").pop().trim()));
    else names.push(found[2].split(/[ ={]/)[0]);
  }
  if (!names.length) return null;
  const world = ["world root {", ...rest, `  use world-types.{${names.join(", ")}};`, "}", ""];
  const own = ["interface world-types {", ...types, "}", ...world].join("\n");
  return `${wit.slice(0, begin)}${own}\n${job.source}`;
}

// The packages in job.source are nested ones, so that any package can be the outer one.
async function empty(outer, world) {
  const witSource = outer ?? `package lion:outermost;\n${job.source}`;
  const core = await tools.componentEmbed({ witSource, world, dummy: true, stringEncoding: "utf8" });
  return tools.componentNew(core, []);
}

async function reflectable() {
  const component = await empty(null, job.world);
  const gathered = gatherTypes(await tools.componentWit(component));
  return gathered ? empty(gathered, "root") : component;
}

async function compile() {
  const asc = (await load("assemblyscript", "dist/asc.js")).default;
  let binary = null;
  const said = [];
  const { error } = await asc.main([...job.arguments, "--debug", "--outFile", "out.wasm"], {
    stdout: { write: () => {} },
    stderr: { write: text => void said.push(text) },
    writeFile: (_, contents) => void (binary = contents),
  });
  if (error || !binary) fail(3, said.join("") || error);
  return finishCore(binary, job.exports);
}

// Which functions keep their names, for the frames of a trap: the author's, and those that fail when memory is
// used up, by which lion tells that ending from others.
const NAMED = /^assembly\/(?!bindings\/)|^~lib\/rt\/tlsf\/(growMemory|allocateBlock|__alloc)$/;

function number(bytes, at) {
  let value = 0, shift = 0, byte;
  do value += ((byte = bytes[at++]) & 127) * 2 ** shift, shift += 7; while (byte & 128);
  return [value, at];
}

// A vector, each item as `change` has it, or left out.
function mapNames(bytes, at, change) {
  let [count, next] = number(bytes, at);
  const kept = [];
  while (count--) {
    const item = change(next);
    if (item.kept) kept.push(item.kept);
    next = item.next;
  }
  return Buffer.concat([leb(kept.length), ...kept]);
}

function text(bytes, at) {
  const [length, start] = number(bytes, at);
  return [bytes.toString("utf8", start, start + length), start + length];
}

function section(id, payload) {
  return Buffer.concat([Buffer.from([id]), leb(payload.length), payload]);
}

function finishCore(binary, names) {
  const bytes = Buffer.from(binary);
  const parts = [bytes.subarray(0, 8)];
  for (let at = 8; at < bytes.length;) {
    const [size, body] = number(bytes, at + 1);
    const id = bytes[at], end = body + size;
    if (id === 7) parts.push(section(7, renameExports(bytes, body, names)));
    else if (id !== 0) parts.push(bytes.subarray(at, end));
    else if (text(bytes, body)[0] === "name") parts.push(section(0, keepNames(bytes, text(bytes, body)[1], end)));
    at = end;
  }
  return Buffer.concat(parts);
}

function renameExports(bytes, body, names) {
  return mapNames(bytes, body, at => {
    const [name, rest] = text(bytes, at);
    const [, next] = number(bytes, rest + 1);
    const renamed = Buffer.from(Object.hasOwn(names, name) ? names[name] : name);
    return { kept: Buffer.concat([leb(renamed.length), renamed, bytes.subarray(rest, next)]), next };
  });
}

function keepNames(bytes, at, end) {
  const head = Buffer.from("\x04name", "latin1");
  while (at < end) {
    const [size, body] = number(bytes, at + 1);
    if (bytes[at] === 1) {
      const kept = mapNames(bytes, body, from => {
        const [name, next] = text(bytes, number(bytes, from)[1]);
        return { kept: NAMED.test(name) ? bytes.subarray(from, next) : null, next };
      });
      return Buffer.concat([head, section(1, kept)]);
    }
    at = body + size;
  }
  return head;
}

function leb(value) {
  const bytes = [];
  do bytes.push((value & 127) | (value > 127 ? 128 : 0)); while (value >>>= 7);
  return Buffer.from(bytes);
}

async function build() {
  const core = await compile();
  const embedded = await tools.componentEmbed({
    binary: core, witSource: `package lion:outermost;\n${job.source}`, world: job.world, dummy: false, stringEncoding: "utf8",
  });
  return tools.componentNew(embedded, []);
}

try {
  const made = await (task === "empty" ? reflectable() : build());
  process.stdout.write(made);
} catch (error) {
  if (error?.payload === undefined) throw error;
  fail(4, error);
}
