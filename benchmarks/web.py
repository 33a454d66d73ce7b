"""What recording costs a web application: FastAPI on uvicorn, under load from another process on this machine."""

from collections.abc import Iterator

from benchmarks import cost, measure
from benchmarks.measure import Figure


def figures(quick: bool) -> Iterator[Figure | str]:
    """All of this family."""
    rounds, n = (3, 2_000) if quick else (9, 6_000)
    with measure.packages("serve"):
        yield from cost.program("a web application", "web", n, rounds, 1.1, viztracer=("--log_async",), sampling=False)
