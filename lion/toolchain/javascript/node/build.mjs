// Look here if you want to know what is done in Node with a guest in JavaScript or TypeScript:
//
//     node build.mjs < {"packages", "entry", "library", "wit", "world", "types", "out"}
//
// Its modules become one (rolldown, which takes the types out), of that and of the WIT componentize-js makes a
// component, which is written to `out`; declarations of what the world imports and exports go into the folder `types`.
// What went wrong goes to stderr, and the exit code says whose words it is: 3 the source's, 4 those about the WIT.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const job = JSON.parse(readFileSync(0, "utf8"));
const load = (name, file) => import(pathToFileURL(join(job.packages, name, file)).href);

function fail(code, error) {
  process.stderr.write(`${error?.payload ?? error?.message ?? error}\n`);
  process.exit(code);
}

async function declare() {
  const made = await load("@bytecodealliance/jco-transpile", "vendor/js-component-bindgen-component.js");
  await made.$init;
  const files = await made.generateTypes("world", {
    wit: { tag: "source", val: job.wit }, world: job.world, guest: true, tlaCompat: false,
    features: { tag: "all" }, map: [],
  });
  for (const [name, data] of files) {
    const path = join(job.types, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, data);
  }
}

async function bundle() {
  const { rolldown } = await load("rolldown", "dist/index.mjs");
  const made = await rolldown({
    input: job.entry, external: /^[a-z][a-z0-9-]*:[a-z]/, logLevel: "silent",
    resolve: { alias: { "lion-guest": job.library } },
  });
  const { output } = await made.generate({ format: "esm", codeSplitting: false });
  return output[0].code;
}

await declare().catch((error) => fail(4, error));
const code = await bundle().catch((error) => fail(3, error));
const { componentize } = await load("@bytecodealliance/componentize-js", "src/componentize.js");
// Who never says `fetch` does not import it.
const off = /\bfetch\b/.test(code) ? ["fetch-event"] : ["fetch-event", "http"];
const say = console.log;
console.log = console.error;
const made = await componentize(code, job.wit, { worldName: job.world, disableFeatures: off }).catch((error) => fail(3, error));
console.log = say;
writeFileSync(job.out, made.component);
