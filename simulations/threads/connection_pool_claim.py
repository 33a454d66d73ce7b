"""A semaphore lets so many in at a time as it was made for, and no more."""

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, refuted, times

ROWS = (16,)


def claim(run: Measured) -> Verdict:
    free, connections, clients = run.resource("free"), int(run.parameters["connections"]), run.threads("client")
    most = run.most_taken("free")
    figures = (
        f"{len(clients)} clients took one of {connections} connections {times(free['acquires'])}; at most {most} were in use "
        f"at a time; {free['contended']:,} of these had to wait, {duration(free['wait_ns'])} in all."
    )
    if most > connections:
        return refuted(figures)
    return (
        confirmed(figures) if free["contended"] else depends(f"On whether too many come: nobody had to wait. {figures}")
    )
