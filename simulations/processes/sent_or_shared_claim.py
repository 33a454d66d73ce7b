"""Shared memory needs no copy: not the numbers are sent, but a name, and both see every change."""

import re

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured, refuted, size

ROWS = (34,)


def claim(run: Measured) -> Verdict:
    told = {
        way: (float(ms) * 1e6, int(seen))
        for way, ms, seen in re.findall(r"(sent|shared): ([\d.]+) ms, and main sees (\d+) of", run.output)
    }
    if told.keys() != {"sent", "shared"}:
        return not_measured("The program didn't print how long both ways took.")
    repeats, bytes = int(run.parameters["repeats"]), 1000 * int(run.parameters["size_kb"])
    messages = run.messages()
    large = int(messages.bytes[messages.bytes >= bytes].sum())
    rest = int(messages.bytes.sum()) - large
    (sent, changed), (shared, seen) = told["sent"], told["shared"]
    figures = (
        f"{size(bytes)} of numbers took {duration(sent)} sent and {duration(shared)} shared, in the median of {repeats}. "
        f"Through the pipes went {size(large)} for the numbers that were sent, and {size(rest)} for all the rest; main saw {changed} "
        f"of {repeats} changes of what it had sent, {seen} of what they shared."
    )
    if changed or seen != repeats or rest >= bytes:
        return refuted(figures)
    if large < repeats * bytes:
        return not_measured(f"Not every message was seen at both ends. {figures}")
    if shared > sent:
        return depends(f"On how much it is: here opening the memory took longer than copying. {figures}")
    return confirmed(figures)
