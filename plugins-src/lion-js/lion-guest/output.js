// What people see while the guest works.
import * as host from "lion:host/output@0.1.0";
import { raised } from "./errors.js";

/** A piece of text of at most 64 KiB; pieces join as they are. */
export const text = (piece) => raised(() => host.text(piece));

/** A line. */
export const say = (...words) => text(`${words.join(" ")}\n`);

/** The structured output as far as it is known. */
export const partial = (value) => raised(() => host.partial(JSON.stringify(value)));

/** How far the work is, in units of your choice. */
export const progress = (done, total, message = "") =>
  raised(() => host.progress(BigInt(done), total === undefined ? undefined : BigInt(total), message));
