"""What one process puts into a queue or a pipe, another process gets, each message once."""

import re

from gilscope.claims import Measured, Verdict, confirmed, depends, not_measured, refuted, size

ROWS = (28,)


def claim(run: Measured) -> Verdict:
    told = re.search(r"(\d+) dishes for (\d+) orders", run.output)
    if not told:
        return not_measured("The program didn't print how many dishes came back.")
    orders, cooks = int(told[2]), int(run.parameters["cooks"])
    sent = run.messages()
    pipes = len(set(sent.pipe.tolist()))
    figures = (
        f"{told[1]} dishes came back for {orders} orders; of these and of {cooks} words that it's over, {len(sent)} messages, "
        f"{size(int(sent.bytes.sum()))}, were seen written in one process and read in another, through {pipes} "
        f"{'pipe' if pipes == 1 else 'pipes'}."
    )
    if int(told[1]) != orders:
        return refuted(figures)
    if len(sent) < 2 * orders + cooks:
        return depends(f"On which ones are looked at: not every message was seen at both ends. {figures}")
    return confirmed(figures) if len(sent) == 2 * orders + cooks else refuted(figures)
