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
  let binary = null, map = null;
  const said = [];
  // The map is kept beside the code, which is the same with and without it.
  const { error } = await asc.main([...job.arguments, "--debug", "--sourceMap", "--outFile", "out.wasm"], {
    stdout: { write: () => {} },
    stderr: { write: text => void said.push(text) },
    writeFile: (name, contents) => void (name.endsWith(".map") ? map = contents : binary = contents),
  });
  if (error || !binary) fail(3, said.join("") || error);
  binary = Buffer.from(binary);
  const code = codeOf(binary);
  return { core: finishCore(binary, job.exports), code, lines: map === null ? null : linesOf(JSON.parse(map), code, binary) };
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

function codeOf(bytes) {
  for (let at = 8; at < bytes.length;) {
    const [size, body] = number(bytes, at + 1);
    if (bytes[at] === 10) return bytes.subarray(body, body + size);
    at = body + size;
  }
  return bytes.subarray(0, 0);
}

// Where each function begins in the code.
function functionsOf(code) {
  const begins = [];
  let [count, at] = number(code, 0);
  while (count--) {
    const [size, body] = number(code, at);
    begins.push(body);
    at = body + size;
  }
  return begins;
}

// Which line of the author's each stretch of code is of: numbers in threes, the bytes from the one before, which file
// (0 is none of the author's), the line. What is inlined into a function, from a library for instance, counts to the
// author's line before it.
function linesOf({ sources, mappings }, code, binary) {
  const begin = code.byteOffset - binary.byteOffset;
  const files = [], places = [], functions = functionsOf(code);
  let column = 0, source = 0, line = 0, last = 0, before = "0:0", next = 0;
  const note = (at, file, there) => {
    if (before === `${file}:${there}`) return;
    before = `${file}:${there}`;
    places.push(at - last, file, there);
    last = at;
  };
  for (const segment of mappings.split(",")) {
    const digits = vlq(segment);
    column += digits[0];
    source += digits[1] ?? 0;
    line += digits[2] ?? 0;
    for (; next < functions.length && functions[next] <= column - begin; next++) note(functions[next], 0, 0);
    const name = sources[source] ?? "";
    if (digits.length < 2 || !name.startsWith("assembly/") || name.startsWith("assembly/bindings/")) continue;
    if (!files.includes(name)) files.push(name);
    note(column - begin, files.indexOf(name) + 1, line + 1);
  }
  return files.length ? { files, places } : null;
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function vlq(text) {
  const numbers = [];
  let value = 0, shift = 0;
  for (const letter of text) {
    const digit = DIGITS.indexOf(letter);
    value += (digit & 31) << shift;
    if (digit & 32) shift += 5;
    else numbers.push(value & 1 ? -(value >>> 1) : value >>> 1), value = shift = 0;
  }
  return numbers;
}

// The component with a section of lion's own, by which a trap finds the author's line.
function withLines(component, code, lines) {
  const bytes = Buffer.from(component);
  const at = bytes.indexOf(code);
  if (lines === null || at < 0 || !code.length) return bytes;
  const name = Buffer.from("source-lines");
  const payload = Buffer.from(`\x01${JSON.stringify({ begin: at, ...lines })}`);
  return Buffer.concat([bytes, section(0, Buffer.concat([leb(name.length), name, payload]))]);
}

function leb(value) {
  const bytes = [];
  do bytes.push((value & 127) | (value > 127 ? 128 : 0)); while (value >>>= 7);
  return Buffer.from(bytes);
}

async function build() {
  const { core, code, lines } = await compile();
  const embedded = await tools.componentEmbed({
    binary: core, witSource: `package lion:outermost;\n${job.source}`, world: job.world, dummy: false, stringEncoding: "utf8",
  });
  return withLines(await tools.componentNew(embedded, []), code, lines);
}

try {
  const made = await (task === "empty" ? reflectable() : build());
  process.stdout.write(made);
} catch (error) {
  if (error?.payload === undefined) throw error;
  fail(4, error);
}
