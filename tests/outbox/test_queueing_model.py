"""The model behind the number of workers, where its answers are known."""

from __future__ import annotations

import pytest

from benchmarks.queueing import Service, must_wait, waits

EXPONENTIAL = 1.0  # squared coefficient of variation


def test_one_process_and_one_stage_wait_as_m_m_1_does():
    # ρ/(1-ρ) services
    assert waits(0.5, [Service(1.0, EXPONENTIAL)], 1) == pytest.approx([1.0])
    assert waits(0.9, [Service(1.0, EXPONENTIAL)], 1) == pytest.approx([9.0])


def test_steady_services_wait_half_as_long():
    assert waits(0.5, [Service(1.0, 0.0)], 1) == pytest.approx([0.5])


@pytest.mark.parametrize(
    ("offered", "processes", "share"),
    # Erlang's C by its definition, with exact fractions
    [(1.0, 2, 1 / 3), (2.0, 3, 4 / 9), (0.0, 4, 0.0)],
)
def test_who_finds_all_processes_busy_waits(offered, processes, share):
    assert must_wait(offered, processes) == pytest.approx(share)


def test_hundreds_of_processes_are_no_matter():
    assert 0 < must_wait(950, 1000) < must_wait(990, 1000) < 1


def test_who_is_checked_first_gains_what_renditions_lose():
    alike = Service(1.0, EXPONENTIAL)
    check, rest = waits(0.4, [alike, alike], 1)
    [both] = waits(0.8, [alike], 1)

    assert check < both < rest
    # Kleinrock's conservation law: the mean over all work stays.
    assert (check + rest) / 2 == pytest.approx(both)
