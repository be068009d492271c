// Look here if you want to know what a guest's author gets from this library. README.md says what is in which module.

export { Option, Result, Unit, nothing } from "./values";
export { Tuple1, Tuple2, Tuple3, Tuple4, Tuple5, Tuple6, Tuple7, Tuple8 } from "./tuples";
export { Json, JsonKind } from "./json";
export { Lines } from "./lines";
export { Select } from "./select";
export { Error_, ErrorTag, isDenied, kindOf, textOf } from "./errors";
