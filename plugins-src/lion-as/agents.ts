// Look here if you want to know how a guest has other agents work:
//
//     const child = new Spawn("bob", "what do lions eat?").allow("llm fast").budget("calls", 500).stream().start();
//     if (child.isErr) return child.pass<Output>();
//     select.add(child.value.handle, "bob");

import * as host from "./host/agents";
import { Error_, Output } from "./host/types";
import { Result, Unit } from "./values";

export { About, Budget, State, budgets, list } from "./host/agents";

/**
 * An agent that is about to be spawned. Without more words it may do all that its own grants give, its calls are charged
 * to this one, and what it shows is not read.
 */
@final export class Spawn {
  private lines: string[] = [];
  private amounts: string[] = [];
  private isLess: bool = false;
  private streams: bool = false;

  constructor(private agent: string, private task: string) {}

  /** Hand on what this line says, and what others say that are added; nothing else. An empty one is nothing. */
  allow(line: string): Spawn {
    this.isLess = true;
    this.lines.push(line);
    return this;
  }

  /** Set this much aside of a budget of this agent's, by its name in `budgets`. */
  budget(name: string, amount: u64): Spawn {
    this.amounts.push(name + " " + amount.toString());
    return this;
  }

  /** Read what it shows, with `Child.next`. */
  stream(): Spawn {
    this.streams = true;
    return this;
  }

  /** Begin it, and go on. */
  start(): Result<Child, Error_> {
    const allow: string | null = this.isLess ? this.lines.join("\n") : null;
    const terms = new host.Terms(allow, this.amounts.join("\n"), this.streams);
    const spawned = host.spawn(this.agent, this.task, terms);
    return spawned.isErr ? spawned.pass<Child>() : Result.ok<Child, Error_>(new Child(spawned.value));
  }
}

/** An agent at work, for `Select` known by its `handle`. */
@final export class Child {
  constructor(private spawned: host.Spawned) {}

  get handle(): u32 {
    return this.spawned.handle;
  }

  /** The next piece of text that it showed; none when no more comes. Waits. */
  next(): Result<string | null, Error_> {
    return this.spawned.child.next();
  }

  /** Its output; waits until there is one. It is over then. */
  wait(): Result<Output, Error_> {
    const answer = this.spawned.child.wait();
    this.drop();
    return answer;
  }

  /** Stop it; what it came to is then `cancelled`. */
  cancel(): Result<Unit, Error_> {
    return this.spawned.child.cancel();
  }

  /** Stop it, if it is not over, and let go of it. */
  drop(): void {
    this.spawned.child.drop();
  }
}
