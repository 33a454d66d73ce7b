"""A task hashes blocks, {block_ms} ms each, and awaits between two. After {stop_after_ms} ms another thread wants to cancel it. When does it notice?"""

from gilscope.claims import Measured, duration

CHOICES = (
    "at once, in the middle of a block",
    "at its next await, when a block is done",
    "never: it is through before",
)


def outcome(run: Measured) -> tuple[int, str]:
    (task,) = run.tasks("backup")
    run.show([task], "running")
    steps, asked = run.steps([task]), run.cancels(task)
    if not len(asked):
        return 2, f"It was through after {len(steps)} steps, and nobody had cancelled it."
    # It notices in the step that comes after the cancellation, if that wasn't made within a step of its own.
    pressed = int(run.loop_calls(run.threads("stop"))[0])
    within = ((steps.begin < asked[0]) & (asked[0] < steps.end)).any()
    noticed = int(asked[0] if within else steps.begin[steps.begin > asked[0]][0])
    return (0 if within else 1), f"It noticed {duration(noticed - pressed)} after the other thread had asked for it."
