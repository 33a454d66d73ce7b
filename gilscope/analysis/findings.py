"""Findings: what a recording proves, each as a sentence that needs no prior knowledge, with its figures."""

from gilscope.analysis import core_findings, gil_findings, lock_findings, pool_findings, process_findings, task_findings
from gilscope.analysis.finding import MOST_SPANS, Finding
from gilscope.analysis.text import counted, listed
from gilscope.analysis.timeline import Timeline
from gilscope.recording import Recording

__all__ = ["Finding", "findings", "of"]


def findings(recording: Recording) -> list[Finding]:
    """The most important first."""
    return of(Timeline(recording))


def of(timeline: Timeline) -> list[Finding]:
    """As ``findings``, on a timeline that is there already."""
    rooms = (lock_findings, gil_findings, core_findings, process_findings, pool_findings, task_findings)
    rules = (_lost, *(rule for room in rooms for rule in room.RULES))
    found = [finding for rule in rules for finding in rule(timeline)]
    return sorted(found, key=lambda finding: -finding.weight)


def _lost(timeline: Timeline) -> list[Finding]:
    count = int((timeline.recording.end or {}).get("lost") or 0)
    told = timeline.recording.lost
    count = max(count, sum(int(each.get("count") or 0) for each in told))
    if not count:
        return []
    names = sorted({timeline.name(each.get("track", 0)) for each in told if each.get("track")})
    whose = f" of {listed(names)}" if names else ""
    sentence = (
        f"{counted(count, 'event')}{whose} found no room and {'was' if count == 1 else 'were'} lost; "
        "those stretches are marked as unknown."
    )
    if nobodys := sum(int(each.get("count") or 0) for each in told if not each.get("track")):
        sentence += (
            f" {nobodys:,} of them were of threads that have no ring, because there are more threads than rings: those "
            "threads, and the locks that they had, aren't shown right."
        )
    stretches = [(int(each["track"]), int(each["from"]), int(each["to"])) for each in told if each.get("track")]
    return [Finding("lost", "Events were lost", sentence, "unknown", stretches[:MOST_SPANS], 900)]
