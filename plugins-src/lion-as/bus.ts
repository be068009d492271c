// Look here if you want to know how a guest writes to others and hears of them, with JSON values instead of texts.

import * as host from "./host/bus";
import { Error_ } from "./host/types";
import { Json } from "./json";
import { Result, Unit } from "./values";

/** Write to one holder: `send("bob", Json.object().with("question", "why?"))`. */
export function send(to: string, payload: Json): Result<Unit, Error_> {
  return host.send(to, payload.toString());
}

/** Write to all who subscribed to a topic; how many there were. */
export function publish(topic: string, payload: Json): Result<u32, Error_> {
  return host.publish(topic, payload.toString());
}

/** Hear what is published from now on, on the topics that a pattern names: `subscribe("news.*")`. */
export function subscribe(pattern: string): Result<Subscription, Error_> {
  return subscribed(host.subscribe(pattern));
}

/** Read what was sent to this holder, also what came before. */
export function inbox(): Result<Subscription, Error_> {
  return subscribed(host.inbox());
}

function subscribed(found: Result<host.Subscribed, Error_>): Result<Subscription, Error_> {
  return found.isErr ? found.pass<Subscription>() : Result.ok<Subscription, Error_>(new Subscription(found.value));
}

/** What comes, in order; for `Select` known by its `handle`. */
@final export class Subscription {
  constructor(private found: host.Subscribed) {}

  get handle(): u32 {
    return this.found.handle;
  }

  /** The next message; waits until there is one. */
  next(): Result<Message, Error_> {
    const message = this.found.subscription.next();
    return message.isErr ? message.pass<Message>() : Result.ok<Message, Error_>(new Message(message.value));
  }

  /** Hear no more; an inbox is kept. */
  drop(): void {
    this.found.subscription.drop();
  }
}

/** A message, as its receiver gets it. */
@final export class Message {
  constructor(private message: host.Message) {}

  /** The name of the holder that wrote it; the host says so. Who is outside of the run has one that begins with `@`. */
  get sender(): string {
    return this.message.sender;
  }

  /** What it was published on; null if it was sent to this holder alone. */
  get topic(): string | null {
    return this.message.topic;
  }

  /** How many before it were lost, since they were not read in time. */
  get missed(): u32 {
    return this.message.missed;
  }

  /** What it says. */
  json(): Result<Json, Error_> {
    return Json.parse(this.message.payload);
  }
}
