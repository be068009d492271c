

// What follows is a test's: the library, and what is not there.
import { HostError as Failed } from "lion-guest/errors.js";
import * as fs from "lion-guest/fs.js";
import * as kv from "lion-guest/kv.js";
import * as tools from "lion-guest/tools.js";

export async function lend(what: string, at: string): Promise<string> {
  try {
    return JSON.stringify(await use(what, at));
  } catch (error) {
    if (error instanceof Failed) return `${error.code} ${error.isDenied}`;
    return String(error);
  }
}

async function use(what: string, at: string): Promise<unknown> {
  switch (what) {
    case "fs":
      fs.write(`${at}/text`, "a line\n");
      fs.append(`${at}/text`, new Uint8Array([255]));
      fs.write(`${at}/long`, "x".repeat(200_000));
      return [[...fs.readBytes(`${at}/text`)].at(-1), fs.readText(`${at}/long`).length, [...fs.names(at)], fs.exists(`${at}/no`)];
    case "kv":
      kv.put("a", "one");
      return [kv.text("a"), [...kv.keys()], kv.remove("a"), kv.text("a", "none")];
    case "tools":
      return [tools.call("calculator.add", { a: 1, b: 2 }), tools.together(["calculator.add", { a: 1, b: 1 }])];
    case "fetch": {
      const answers = await Promise.all([fetch(`${at}/ok`), fetch(`${at}/echo`, { method: "POST", body: "x".repeat(70_000) })]);
      return Promise.all(answers.map(async (one) => [one.status, (await one.text()).length]));
    }
    case "globals":
      return ["process", "require", "Deno", "WebSocket", "XMLHttpRequest"].filter((name) => name in globalThis);
    case "import":
      return await import(["node", "fs"].join(":"));
    default:
      throw new Failed("invalid", what);
  }
}

export function fail(): string {
  throw new Failed("not-found", "on purpose");
}
