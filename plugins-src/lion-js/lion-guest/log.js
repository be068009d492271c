// Lines for the log, of at most 64 KiB each.
import * as host from "lion:host/log@0.1.0";
import { raised } from "./errors.js";

const write = (level) => (message) => raised(() => host.write(level, String(message)));

export const debug = write("debug");
export const info = write("info");
export const warn = write("warn");
export const error = write("error");
