// Look here if you want to know what generated bindings use of this library. Authors need `index.ts` only.

export { cabi_realloc, free, length, mark, release, releaseAll, room, setLength, take } from "./memory";
export { liftString, loadString, lowerString, storeString } from "./text";
export { bool_, case_, char } from "./checks";
export { liftBools, liftBytes, liftChars, liftNumbers, lowerBytes, lowerChars, lowerNumbers } from "./lists";
export { Live } from "./live";
export { Resource, lend, returnLent } from "./resource";
