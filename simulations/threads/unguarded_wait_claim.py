"""Who is woken by a condition and doesn't look again takes what others have taken."""

from gilscope.claims import Measured, Verdict, confirmed, not_measured, refuted, times

ROWS = (18,)


def claim(run: Measured) -> Verdict:
    gone, woken = run.output.count("a loaf was gone"), len(run.waits("baked"))
    if run.parameters["customers"] == 1:
        return not_measured("One customer alone has nobody who comes first.")
    figures = (
        f"Customers were woken {times(woken)} for {run.parameters['loaves']} loaves; {times(gone)} the loaf was gone."
    )
    return confirmed(figures) if gone else refuted(figures)
