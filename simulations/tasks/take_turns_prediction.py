"""Clerks are tasks of one loop: {clerks}, with {pile} passwords each. Pause after each password: {pause}. Who is next when clerk 1 has hashed its first?"""

from gilscope.claims import Measured, NotSeen

CHOICES = ("clerk 1 again, with its second", "clerk 2, with its first", "another one")


def outcome(run: Measured) -> tuple[int, str]:
    clerks = run.tasks("clerk")
    if len(clerks) < 2:
        raise NotSeen("One task alone has nobody to take turns with.")
    run.show(clerks[:1], "running")
    steps = run.steps(clerks)
    order = [run.timeline.name(int(task)) for task in steps.thing[steps.begin.argsort()]]
    figures = (
        f"The clerks took {len(steps)} steps, in this order: {', '.join(order[:4])}{' …' if len(order) > 4 else ''}."
    )
    if order.count("clerk 1") == 1 and int(run.parameters["pile"]) > 1:
        return 0, figures
    return {"clerk 1": 0, "clerk 2": 1}.get(order[1], 2), figures
