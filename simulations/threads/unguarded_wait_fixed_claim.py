"""Who looks again after being woken never takes what isn't there."""

from gilscope.claims import Measured, Verdict, confirmed, depends, refuted, times

ROWS = (18,)


def claim(run: Measured) -> Verdict:
    woken, loaves, eaten = len(run.waits("baked")), int(run.parameters["loaves"]), run.output.count("a loaf was eaten")
    figures = f"Customers were woken {times(woken)} for {loaves} loaves; {eaten} were eaten."
    if eaten != loaves:
        return refuted(figures)
    return confirmed(figures) if woken > loaves else depends(f"On whether anybody is woken for nothing. {figures}")
