"""Look here if you want to know what the world is whose guest makes resources of its own, how that
guest is written, and how a host that is not lion uses it: by wasmtime's public interface.
"""

from pathlib import Path
from typing import Any

from wasmtime import Engine, Store
from wasmtime.component import Component, Linker, ResourceHost, ResourceType

from lion.toolchain.assemblyscript.build import build_assemblyscript
from tests.toolchain.worlds import PACKAGES, ready_packages

WIT = """\
package test:market;

interface things {
    resource box {
        constructor(text: string);
        get: func() -> string;
    }
    record pair { first: box, count: u32 }
    send: func(pair: pair) -> pair;
}

interface woods {
    resource wood { name: func() -> string; }
}

interface shop {
    use woods.{wood};
    resource box {
        constructor(text: string);
        get: func() -> string;
        put: func(text: string);
        join: func(other: borrow<box>) -> string;
        eat: func(other: box) -> u32;
        both: func() -> list<box>;
        alive: static func() -> u32;
        is-empty: static func() -> bool;
        open: static func(text: string) -> result<box, string>;
        create: static func() -> box;
        carve: func(wood: borrow<wood>) -> box;
        %dropped: func() -> string;
    }
    resource crate {
        constructor(boxes: list<box>) -> result<crate, string>;
        add: func(box: box);
        take: func() -> option<box>;
        open: func() -> string;
    }
    record pair { first: box, second: box, label: string }
    variant either { one(box), two(pair), none }

    look-all: func(boxes: list<borrow<box>>) -> string;
    same: func(box: box) -> box;
    pair-up: func(one: box, two: box, label: string) -> pair;
    split: func(pair: pair) -> list<box>;
    pick: func(which: u32) -> either;
}

interface fair {
    use shop.{box, pair};
    show: func(box: borrow<box>) -> string;
    win: func() -> pair;
}

world market {
    import things;
    import woods;
    export things;
    export shop;
    export fair;
    export hello: func() -> string;
}
"""
THINGS = """\
import { Box as Inner, Pair as InnerPair, send as sendInner } from "./bindings/things";
import { Pair } from "./bindings/things-exported";

export class Box {
  inner: Inner;

  constructor(text: string) {
    this.inner = Inner.create("<" + text + ">");
  }

  get(): string {
    return this.inner.get();
  }

  dropped(): void {
    this.inner.drop();
  }
}

export function send(pair: Pair): Pair {
  const came = sendInner(new InnerPair(pair.first.inner, pair.count + 1));
  pair.first.inner = came.first;
  return new Pair(pair.first, came.count);
}
"""
SHOP = """\
import { Result } from "lion-as";
import { Wood } from "./bindings/woods";
import { Either, Pair } from "./bindings/shop";

let alive: u32 = 0;

export class Box {
  constructor(private text: string) {
    alive++;
  }

  get(): string {
    return this.text;
  }

  put(text: string): void {
    this.text = text;
  }

  join(other: Box): string {
    return this.text + other.text;
  }

  eat(other: Box): u32 {
    this.text += other.text;
    alive--;
    return this.text.length;
  }

  both(): Array<Box> {
    alive++;
    return [this, this];
  }

  static alive(): u32 {
    return alive;
  }

  /** Whether half of the memory is free in one piece, when nothing unused is kept. */
  static isEmpty(): bool {
    __collect();
    const pages = memory.size();
    heap.free(heap.alloc(<usize>pages * 32768));
    return memory.size() == pages;
  }

  static open(text: string): Result<Box, string> {
    if (text.length == 0) return Result.err<Box, string>("nothing in it");
    return Result.ok<Box, string>(new Box(text));
  }

  static create_(): Box {
    return new Box("created");
  }

  carve(wood: Wood): Box {
    return new Box(this.text + " of " + wood.name());
  }

  dropped_(): string {
    return "not yet";
  }

  dropped(): void {
    alive--;
  }
}

export class Crate {
  constructor(private boxes: Array<Box>) {}

  static create(boxes: Array<Box>): Result<Crate, string> {
    if (boxes.length > 2) return Result.err<Crate, string>("full");
    return Result.ok<Crate, string>(new Crate(boxes));
  }

  add(box: Box): void {
    this.boxes.push(box);
  }

  take(): Box | null {
    return this.boxes.length ? this.boxes.pop() : null;
  }

  open(): string {
    return "open";
  }
}

export function lookAll(boxes: Array<Box>): string {
  return boxes.map<string>(box => box.get()).join(" ");
}

export function same(box: Box): Box {
  return box;
}

export function pairUp(one: Box, two: Box, label: string): Pair {
  return new Pair(one, two, label);
}

export function split(pair: Pair): Array<Box> {
  return [pair.first, pair.second];
}

export function pick(which: u32): Either {
  if (which == 0) return Either.none();
  if (which == 1) return Either.one(new Box("one"));
  return Either.two(new Pair(new Box("a"), new Box("b"), "two"));
}
"""
FAIR = """\
import { Box } from "./shop";
import { Pair } from "./bindings/shop";

export function show(box: Box): string {
  return "see: " + box.get();
}

export function win(): Pair {
  return new Pair(new Box("left"), new Box("right"), "won");
}
"""
INDEX = """\
export function hello(): string {
  return "hello";
}
"""
SOURCE = {
    "wit/world.wit": WIT, "assembly/things.ts": THINGS, "assembly/shop.ts": SHOP,
    "assembly/fair.ts": FAIR, "assembly/index.ts": INDEX,
}  # fmt: skip


def write_market(folder: Path) -> Path:
    """The project, ready to be built."""
    ready_packages()
    (folder / "node_modules").symlink_to(PACKAGES / "node_modules")
    for name, text in SOURCE.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def build_market(folder: Path) -> bytes:
    """The component."""
    write_market(folder)
    return build_assemblyscript(folder, folder / "market.wasm").path.read_bytes()


class Market:
    """An instance, whose memory may have so many bytes, and the host's own boxes by number."""

    def __init__(self, component: bytes, memory: int = 1 << 20) -> None:
        engine = Engine()
        self.store = Store(engine)
        self.store.set_limits(memory_size=memory)
        self.boxes: dict[int, str] = {}
        linker = Linker(engine)
        with linker.root() as root, root.add_instance("test:market/woods") as woods:
            woods.add_resource("wood", ResourceType.host(2), lambda _, rep: None)
            woods.add_func("[method]wood.name", self._name)
        with linker.root() as root, root.add_instance("test:market/things") as things:
            things.add_resource("box", ResourceType.host(1), lambda _, rep: self._drop(rep))
            things.add_func("[constructor]box", lambda _, text: self.box(text))
            things.add_func("[method]box.get", self._get)
            things.add_func("send", lambda _, pair: pair)
        self._instance = linker.instantiate(self.store, Component(engine, component))

    def box(self, text: str) -> ResourceHost:
        """A box of the host's."""
        rep = max(self.boxes, default=0) + 1
        self.boxes[rep] = text
        return ResourceHost.own(rep, 1)

    def _get(self, context: Any, box: Any) -> str:
        return self.boxes[box.to_host(context).rep]

    def _name(self, context: Any, wood: Any) -> str:
        return f"oak {wood.to_host(context).rep}"

    def _drop(self, rep: int) -> None:
        del self.boxes[rep]

    def __call__(self, face: str, name: str, *args: Any) -> Any:
        """Call an export of an interface."""
        index = self._instance.get_export_index(self.store, f"test:market/{face}")
        found = self._instance.get_export_index(self.store, name, index)
        assert found is not None, name
        function = self._instance.get_func(self.store, found)
        assert function is not None
        value = function(self.store, *args)
        function.post_return(self.store)
        return value
