// What was looked up in a conversation, in order.

/** Which argument of a call says where it looked. */
const PLACES = ["url", "path", "title", "query"];

/** Sources that answered, each once, and those that did not. */
export class Sources {
  all = [];
  failed = [];

  constructor(messages) {
    const results = new Map(messages.filter((m) => m.role === "tool").map((m) => [m["tool-call"], m.content]));
    for (const message of messages) {
      for (const call of message["tool-calls"] ?? []) this.add(read(call.arguments), read(results.get(call.id) ?? ""));
    }
  }

  add(given, result) {
    const place = PLACES.map((name) => given?.[name]).find((one) => typeof one === "string");
    const known = isError(result) ? this.failed : this.all;
    if (place !== undefined && !known.includes(place)) known.push(place);
  }

  /** The list as text to follow an answer; empty if there is none. */
  listed() {
    const lines = this.all.map((source, at) => `\n[${at + 1}] ${source}`).join("");
    return lines ? `\n\nSources:${lines}\n` : "";
  }
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A refusal, or a page that is not there. */
const isError = (result) => result?.error !== undefined || result?.status >= 400;
