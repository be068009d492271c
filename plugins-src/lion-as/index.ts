// Look here if you want to know what a guest's author gets from this library.

export { Option, Result, Unit, nothing } from "./values";
export { Tuple1, Tuple2, Tuple3, Tuple4, Tuple5, Tuple6, Tuple7, Tuple8 } from "./tuples";
