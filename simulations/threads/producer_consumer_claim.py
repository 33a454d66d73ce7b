"""A full shelf makes who puts wait, an empty one who gets."""

from gilscope.claims import Measured, Verdict, confirmed, depends, duration

ROWS = (18, 26)


def claim(run: Measured) -> Verdict:
    shelf = run.resource("shelf" if run.parameters["using"] == "queue" else "changed")
    baker, customer = (shelf["wait_ns_by_thread"].get(name, 0) for name in ("baker", "customer"))
    figures = f"The baker waited {duration(baker)} for room on the shelf, the customer {duration(customer)} for a loaf."
    if baker and customer:
        return confirmed(figures)
    places = run.parameters["capacity"]
    return depends(f"On who is slower, and on the room: with {places} places not both of them had to wait. {figures}")
