// Why a call gave nothing.

/** A call of the host's gave nothing: `code` is the case as WIT has it, `text` is for people. */
export class HostError extends Error {
  constructor(code, text) {
    super(`${code}: ${text}`);
    this.code = code;
    this.text = text;
    // What a tool of type `result<_, string>` that fails with it gives.
    this.payload = this.message;
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

const CASES = "denied invalid not-found exists conflict exhausted timeout cancelled unavailable other".split(" ");

/** An agent's `run`, whose errors become the cases of `types.error`. */
export const agent = (run) => async (task) => {
  try {
    return await run(task);
  } catch (error) {
    if (!(error instanceof HostError || error instanceof ToolError)) throw error;
    const tag = CASES.includes(error.code) ? error.code : "other";
    throw Object.assign(new Error(error.message), { payload: { tag, val: error.text ?? error.message } });
  }
};

/** What `call` gives; an error of the bindings becomes a HostError. */
export function raised(call) {
  try {
    return call();
  } catch (error) {
    if (typeof error?.payload?.tag !== "string") throw error;
    throw new HostError(error.payload.tag, String(error.payload.val ?? ""));
  }
}
