// Look here if you want to know what a WIT tuple is here: an object with fields a, b, c, ....

@final export class Tuple1<A> {
  constructor(public a: A) {}
}

@final export class Tuple2<A, B> {
  constructor(public a: A, public b: B) {}
}

@final export class Tuple3<A, B, C> {
  constructor(public a: A, public b: B, public c: C) {}
}

@final export class Tuple4<A, B, C, D> {
  constructor(public a: A, public b: B, public c: C, public d: D) {}
}

@final export class Tuple5<A, B, C, D, E> {
  constructor(public a: A, public b: B, public c: C, public d: D, public e: E) {}
}

@final export class Tuple6<A, B, C, D, E, F> {
  constructor(public a: A, public b: B, public c: C, public d: D, public e: E, public f: F) {}
}

@final export class Tuple7<A, B, C, D, E, F, G> {
  constructor(public a: A, public b: B, public c: C, public d: D, public e: E, public f: F, public g: G) {}
}

@final export class Tuple8<A, B, C, D, E, F, G, H> {
  constructor(public a: A, public b: B, public c: C, public d: D, public e: E, public f: F, public g: G, public h: H) {}
}
