"""Who is woken by a condition and doesn't look again takes what others have taken."""

from gilscope.claims import Measured, Verdict, confirmed, depends, not_measured, refuted, times

ROWS = (18,)


def claim(run: Measured) -> Verdict:
    gone, loaves = run.output.count("a loaf was gone"), int(run.parameters["loaves"])
    woken = int(run.notified("baked").value.sum())
    if run.parameters["customers"] == 1:
        return not_measured("One customer alone has nobody who comes first.")
    figures = f"Customers were woken {times(woken)} for {loaves} loaves; {times(gone)} the loaf was gone."
    if not gone and woken <= loaves + int(run.parameters["customers"]):  # each finds a loaf, or that there are no more
        return depends(f"On how many are woken by one call: here there was something for each. {figures}")
    return confirmed(figures) if gone else refuted(figures)
