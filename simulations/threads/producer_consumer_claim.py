"""A full shelf makes who puts wait, an empty one who gets."""

from gilscope.claims import Measured, Verdict, confirmed, depends, duration

ENOUGH = 2e6
"""ns: longer than a mere wait for the shelf's own lock takes."""


def claim(run: Measured) -> Verdict:
    baker, customer = (run.total(run.threads(name), "blocked") for name in ("baker", "customer"))
    figures = f"The baker was blocked for {duration(baker)}, the customer for {duration(customer)}."
    if baker >= ENOUGH and customer >= ENOUGH:
        return confirmed(figures)
    places = run.parameters["capacity"]
    return depends(f"On who is slower, and on the room: with {places} places only one of them had to wait. {figures}")
