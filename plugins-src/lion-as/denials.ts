// Look here if you want to know how a guest learns which right its last refused call lacked.

import { Denial, Reason } from "./host/denials";

export { Denial, Reason, last } from "./host/denials";

/** Whether a line of the manifest would allow the call; else no grant helps. */
export function isGrantable(denial: Denial): bool {
  return denial.reason == Reason.Ungranted || denial.reason == Reason.Withheld;
}

/** The word for a reason as WIT has it, for instance `out-of-reach`. */
export function wordOf(reason: Reason): string {
  switch (reason) {
    case Reason.Ungranted: return "ungranted";
    case Reason.Withheld: return "withheld";
    case Reason.Forbidden: return "forbidden";
    case Reason.Unasked: return "unasked";
    case Reason.Expired: return "expired";
    case Reason.Refused: return "refused";
    case Reason.OutOfReach: return "out-of-reach";
    default: return "secret";
  }
}

/** `http send GET https://api.example.com/v1 (ungranted)`. */
export function lineOf(denial: Denial): string {
  const about = denial.subject.length > 0 ? " " + denial.subject : "";
  return denial.capability + " " + denial.action + about + " (" + wordOf(denial.reason) + ")";
}
