"""Who waits for the GIL asks for it after a switch interval, and gets it soon after."""

from statistics import median

from gilscope.claims import Measured, Verdict, confirmed, depends, duration, not_measured

ROWS = (10,)


def claim(run: Measured) -> Verdict:
    halves = [run.threads("first"), run.threads("second")]
    intervals = [float(run.parameters[name]) * 1e6 for name in ("first_ms", "second_ms")]
    holds = [run.forced_holds(threads) for threads in halves]
    if min(map(len, holds)) < 3:
        return not_measured("There were too few drop requests to say how long a thread keeps the GIL.")
    usual = [float(median(each.tolist())) for each in holds]
    figures = " ".join(
        f"At an interval of {duration(interval)} a counter was asked {len(each)} times, and had had the GIL for "
        f"{duration(middle)} then, in the median; all were through after {duration(run.elapsed(threads))}."
        for threads, each, interval, middle in zip(halves, holds, intervals, usual, strict=True)
    )
    exact = all(0.9 * interval <= middle <= 1.5 * interval for middle, interval in zip(usual, intervals, strict=True))
    if exact:
        return confirmed(figures)
    return depends(f"On what else wants a core, and on how short the interval is: it isn't kept here. {figures}")
