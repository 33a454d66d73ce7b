"""An ordinary thread has {ordinary_steps} steps of {step_ms} ms to do, a daemon {daemon_steps}; main ends after {main_ms} ms. Who gets through?"""

import re

from gilscope.claims import Measured

CHOICES = ("nobody: they end with main", "the ordinary one alone", "both")


def outcome(run: Measured) -> tuple[int, str]:
    run.show(run.threads("daemon"), "outside")
    told = re.search(r"ordinary: (\d+) of (\d+) steps; the daemon has done (\d+)", run.output)
    if not told:
        return 0, f"The ordinary thread didn't get through its {run.parameters['ordinary_steps']} steps."
    done, steps, daemons = map(int, told.groups())
    wanted = int(run.parameters["daemon_steps"])
    return 1 + (
        daemons >= wanted
    ), f"The ordinary thread did {done} of {steps} steps, the daemon {daemons} of {wanted} by then."
