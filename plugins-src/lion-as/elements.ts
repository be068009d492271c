// Look here if you want to know how a guest keeps values with an id, a kind and an order, as JSON values instead of texts.

import * as host from "./host/elements";
import { Error_ } from "./host/types";
import { Json } from "./json";
import { PAGE, gather } from "./pages";
import { Option, Result, Unit } from "./values";

export { delete_, progressions } from "./host/elements";

/** Make an element of a kind; its id: `create("task", Json.object().with("text", "feed the lions"))`. */
export function create(kind: string, content: Json): Result<string, Error_> {
  return host.create(kind, content.toString());
}

/** An element; `not-found` if there is none. */
export function get(id: string): Result<Element, Error_> {
  const found = host.get(id);
  return found.isErr ? found.pass<Element>() : Result.ok<Element, Error_>(new Element(found.value));
}

/** Give an element other content, whatever its revision is; its revision then. */
export function replace(id: string, content: Json): Result<u64, Error_> {
  return host.update(id, content.toString(), Option.none<u64>());
}

/** Give an element other content, if its revision is `expected`; its revision then. `conflict` if it is another. */
export function update(id: string, content: Json, expected: u64): Result<u64, Error_> {
  return host.update(id, content.toString(), Option.some<u64>(expected));
}

/** The ids of all elements of a kind, oldest first, however many there are. */
export function ofKind(kind: string): Result<Array<string>, Error_> {
  return gather<Error_>(kind, host.list);
}

/** An element as it was when it was read. */
@final export class Element {
  constructor(private element: host.Element) {}

  get id(): string {
    return this.element.id;
  }

  get kind(): string {
    return this.element.kind;
  }

  /** Milliseconds since 1970 (UTC). */
  get createdAt(): u64 {
    return this.element.createdAt;
  }

  /** 1 at first, one more after each update. */
  get revision(): u64 {
    return this.element.revision;
  }

  /** What it holds. */
  json(): Result<Json, Error_> {
    return Json.parse(this.element.content);
  }
}

/** An order of elements under a name. It is there as long as something is in it. */
@final export class Progression {
  constructor(readonly name: string) {}

  /** Put an element at the end. `exists` if it is in it already. */
  append(id: string): Result<Unit, Error_> {
    return host.append(this.name, id);
  }

  /** Put an element before the one at a position, or at the end. */
  insert(id: string, position: u32): Result<Unit, Error_> {
    return host.insert(this.name, id, position);
  }

  /** Let an element stand at a position; the others keep their order. */
  move(id: string, position: u32): Result<Unit, Error_> {
    return host.move(this.name, id, position);
  }

  /** Take an element out; it is kept. True if it was in it. */
  exclude(id: string): Result<bool, Error_> {
    return host.exclude(this.name, id);
  }

  /** All ids, in order. */
  ids(): Result<Array<string>, Error_> {
    return host.order(this.name, 0, PAGE);
  }
}
