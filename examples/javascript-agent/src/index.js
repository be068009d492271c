// An agent that answers a question: a model looks things up with the tools that were granted, its words are shown as
// they come, and what was looked up is cited. `plugins-src/researcher` is the same one in Rust, `examples/python-agent`
// in Python.

import * as config from "lion-guest/config.js";
import { HostError, agent } from "lion-guest/errors.js";
import { Chat, ROUNDS } from "lion-guest/llm.js";
import * as output from "lion-guest/output.js";
import * as tools from "lion-guest/tools.js";
import { Sources } from "./sources.js";

const TASK =
  "Answer the question. Look things up with the tools you have, and say only what you found. " +
  "Cite the sources by their numbers, in the order in which you looked them up: [1], [2].";

export const run = agent((task) => {
  const chat = new Chat(config.get("model", "fast")).system(instructions()).user(task).use(tools, offered());
  const shown = new Shown();
  const reply = chat.work({ rounds: config.value("rounds", ROUNDS), hear: (event) => shown.hear(event) });
  shown.endLine();
  const sources = new Sources(chat.messages);
  const text = reply.text.trimEnd() + sources.listed();
  output.text(sources.listed().trimStart());
  save(text);
  const answer = { answer: reply.text, sources: sources.all, failed: sources.failed };
  return { text, json: JSON.stringify(answer) };
});

function instructions() {
  const style = config.get("style");
  return style === undefined ? TASK : `${TASK} Style: ${style}.`;
}

/** What may be called but is not the model's to call: where the text goes in the end. */
function offered() {
  const saved = config.value("save", {}).name;
  try {
    return tools.list().filter((tool) => tool.name !== saved);
  } catch (error) {
    if (error instanceof HostError && error.isDenied) return [];
    throw error;
  }
}

/** What people see while the model works, and whether that is inside a line. */
class Shown {
  isInside = false;

  hear({ tag, val }) {
    if (tag === "text") {
      this.isInside = !val.endsWith("\n");
      output.text(val);
    } else if (tag === "tool-start") {
      this.endLine();
      output.say(`(calls ${val.name})`);
    }
  }

  endLine() {
    if (this.isInside) output.text("\n");
    this.isInside = false;
  }
}

function save(text) {
  const said = config.value("save");
  if (said === undefined) return;
  try {
    tools.call(said.name, { ...said.with, [said.text ?? "text"]: text });
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    output.say(`${said.name}: not saved (${JSON.stringify(String(error.message))})`);
  }
}
