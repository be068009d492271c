"""The same as on_trio.py in a program without a loop: plain calls, and lion has a thread."""

from on_trio import MANIFEST, order, price

import lion


def main() -> None:
    with lion.blocking.open_host() as host:
        host.lend("shop", {"price": price, "order": order})
        run = host.start(MANIFEST)
        for record in run:
            match record.event():
                case lion.events.AgentPartialOutput(operation="text", args=[piece]):
                    print(record.principal, "says", repr(piece))  # it is no text of ours
        print(run.wait().endings[0].text)
        for holder in host.audit(run.id).holders:
            mark = "" if holder.is_sandboxed else "  UNSANDBOXED"
            print(f"{holder.name}: may use {', '.join(holder.may_use)}{mark}")
            for denial in holder.use.denied if holder.use else ():
                print(f"  denied {denial.target}; to allow it: {denial.suggestion}")


if __name__ == "__main__":
    main()
