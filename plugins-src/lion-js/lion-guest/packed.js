// Bytes as they cross: a string whose last character says what the rest is.

/** Bytes that fit into one call however they are packed. */
export const ROOM = 48 * 1024;

export function pack(content) {
  if (typeof content === "string") return `${content}u`;
  try {
    return `${new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content)}u`;
  } catch {
    let text = "";
    for (const byte of content) text += String.fromCharCode(byte);
    return `${btoa(text)}b`;
  }
}

export function unpack(packed) {
  const rest = packed.slice(0, -1);
  if (packed.endsWith("u")) return new TextEncoder().encode(rest);
  return Uint8Array.from(atob(rest), (character) => character.charCodeAt(0));
}

export function* pieces(content) {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  for (let at = 0; at < bytes.length; at += ROOM) yield bytes.subarray(at, at + ROOM);
}

export const text = (bytes) => new TextDecoder().decode(bytes);
