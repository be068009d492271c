// Language models: questions, answers as they come, and a model that works with tools until it is done.
import * as host from "lion:host/llm@0.1.0";
import { HostError, raised } from "./errors.js";

/** How often a model may ask for tools unless said otherwise. */
export const ROUNDS = 8;

/** The models that may be asked, sorted. */
export const models = () => raised(() => host.models());

/** A conversation with a model of the manifest. `how`: schema, maxTokens, temperature. */
export class Chat {
  constructor(model, how = {}) {
    Object.assign(this, { model, how, messages: [], tools: [], library: null });
  }

  system(content) {
    this.messages.push({ role: "system", content });
    return this;
  }

  user(content) {
    this.messages.push({ role: "user", content });
    return this;
  }

  /** Let the model use tools: the module `lion-guest/tools.js`, and of its list these. */
  use(library, tools = library.list()) {
    Object.assign(this, { library, tools });
    return this;
  }

  /** The answer as it comes: an iterator of events, `{ tag: "text", val: "..." }`. */
  *start() {
    const { answer } = raised(() => host.start(this.record()));
    try {
      for (let event; (event = raised(() => answer.next())) !== undefined; ) yield event;
    } finally {
      answer[Symbol.dispose]?.();
    }
  }

  /** The whole answer; `hear` is told each event as it comes. The conversation stays. */
  ask(hear = () => {}) {
    const reply = { text: "", thinking: "", toolCalls: [], usage: undefined, stop: "other" };
    for (const event of this.start()) {
      hear(event);
      add(reply, event);
    }
    return reply;
  }

  /** Ask, and call the tools that the model wants, until it wants no more. The conversation grows. */
  work({ rounds = ROUNDS, hear } = {}) {
    for (let round = 0; round <= rounds; round++) {
      const reply = this.ask(hear);
      this.messages.push(said(reply));
      if (reply.toolCalls.length === 0) return reply;
      const begun = reply.toolCalls.map((call) => [call, this.begin(call)]);
      for (const [call, one] of begun) {
        this.messages.push({ role: "tool", content: one(), "tool-call": call.id });
      }
    }
    throw new HostError("exhausted", `the model still wants tools after ${rounds} rounds`);
  }

  /** A call begun; what fails is a result that says so. */
  begin({ name, arguments: given }) {
    const told = (error) => JSON.stringify({ error: error.code ?? "other", text: error.text ?? String(error) });
    try {
      if (!this.tools.some((tool) => tool.name === name)) {
        throw new HostError("not-found", `there is no tool ${JSON.stringify(name)}`);
      }
      const begun = this.library.startText(name, given);
      return () => {
        try {
          return begun.takeText();
        } catch (error) {
          return told(error);
        }
      };
    } catch (error) {
      return () => told(error);
    }
  }

  record() {
    const tools = this.tools.map(({ name, description, inputSchema }) => ({
      name, description, "input-schema": JSON.parse(inputSchema),
    }));
    return {
      model: this.model,
      messages: JSON.stringify(this.messages),
      tools: tools.length > 0 ? JSON.stringify(tools) : "",
      schema: this.how.schema && JSON.stringify(this.how.schema),
      maxTokens: this.how.maxTokens,
      temperature: this.how.temperature,
    };
  }
}

function add(reply, { tag, val }) {
  if (tag === "text") reply.text += val;
  else if (tag === "thinking") reply.thinking += val;
  else if (tag === "tool-start") reply.toolCalls.push({ ...val, arguments: "" });
  else if (tag === "tool-arguments") reply.toolCalls.at(-1).arguments += val;
  else if (tag === "usage" || tag === "stop") reply[tag] = val;
}

function said({ text, thinking, toolCalls }) {
  const message = { role: "assistant", content: text };
  if (toolCalls.length > 0) message["tool-calls"] = toolCalls.map(({ id, name, arguments: given }) => ({ id, name, arguments: given }));
  if (thinking) message.thinking = thinking;
  return message;
}
