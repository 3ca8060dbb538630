"""Each scenario a few times; `python tests/stress/run.py` does it many times over."""

import random

import pytest

from tests import implementations
from tests.stress.rounds import NAMES, play
from tests.stress.scenario import load

_IMPL = "stdlib" if implementations.STDLIB_ONLY else "ropewalk"
_CHANCE = random.SystemRandom().randrange(10**6)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", [1, 2, pytest.param(_CHANCE, id="by_chance")])
@pytest.mark.parametrize("name", NAMES)
def test_a_round_is_clean(name: str, seed: int) -> None:
    if implementations.STDLIB_ONLY and not load(name).STDLIB_SURVIVES:
        pytest.skip("the standard library hangs in it")
    ended = play(name, seed, _IMPL)
    assert ended.clean, ended.told()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["exit_inside_calls", "exit_service_threads"])
def test_thirty_programs_end_with_threads_at_work(name: str) -> None:
    rounds = [play(name, _CHANCE + n, _IMPL) for n in range(30)]
    unclean = [ended.told() for ended in rounds if not ended.clean]
    assert not unclean, "\n".join(unclean)
