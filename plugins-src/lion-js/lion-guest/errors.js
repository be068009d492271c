// Why a call gave nothing.

/** A call of the host's gave nothing: `code` is the case as WIT has it, `text` is for people. */
export class HostError extends Error {
  constructor(code, text) {
    super(`${code}: ${text}`);
    this.code = code;
    this.text = text;
    // What an export that fails with it gives: a case of `types.error`, or a text where it says `string`.
    this.payload = { tag: code, val: text, toString: () => this.message };
  }

  get isDenied() {
    return this.code === "denied";
  }
}

/** A tool's own error, in words for its caller. */
export class ToolError extends Error {
  constructor(text) {
    super(text);
    this.payload = text;
  }
}

/** What `call` gives; an error of the bindings becomes a HostError. */
export function raised(call) {
  try {
    return call();
  } catch (error) {
    if (typeof error?.payload?.tag !== "string") throw error;
    throw new HostError(error.payload.tag, String(error.payload.val ?? ""));
  }
}
