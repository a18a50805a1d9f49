"""Generalised assignment problems as the literature's files give them, and as a matching problem.

A file holds whole numbers: m agents and n items; m rows of n costs; m rows of n amounts of resource; m capacities. Every item goes
to one agent, at the least total cost (Beasley's OR-Library and Yagiura's collection use this form).
"""

from dataclasses import dataclass
from pathlib import Path

from models.errors import BadFile
from stages.broker.matching.problem import Need, Pairing, Problem, Supporter
from stages.broker.matching.solution import Solution

_LARGEST = 10**9
_MOST_NUMBERS = 20_000_000


@dataclass(frozen=True, slots=True)
class Assignment:
    """A generalised assignment problem: cost and amount by agent and item, and each agent's capacity."""

    name: str
    costs: tuple[tuple[int, ...], ...]
    amounts: tuple[tuple[int, ...], ...]
    capacities: tuple[int, ...]

    @property
    def unmet_cost(self) -> int:
        """Return what leaving an item out costs in the matching problem: far more than any assignment of it."""
        return 10 * (1 + max(max(row) for row in self.costs) - min(0, *(min(row) for row in self.costs)))


def read_assignment(file: Path) -> Assignment:
    """Return the problem in a file; BadFile says which number is wrong or missing."""
    numbers = _numbers(file)
    if len(numbers) < 2 or numbers[0] < 1 or numbers[1] < 1:
        raise BadFile(f"{file.name} does not begin with the number of agents and of items, both 1 or more: look at its first line.")
    agents, items = numbers[:2]
    needed = 2 + 2 * agents * items + agents
    if len(numbers) != needed:
        raise BadFile(
            f"{file.name} has {len(numbers)} numbers, but {agents} agents and {items} items take {needed}"
            f" (costs, amounts, capacities): get the file again{_where(len(numbers), agents, items)}."
        )
    costs, amounts = _table(numbers, 2, agents, items), _table(numbers, 2 + agents * items, agents, items)
    for row, line in enumerate(amounts, start=1):
        if min(line) < 0:
            raise BadFile(f"{file.name}: agent {row} has an amount below 0 for item {line.index(min(line)) + 1}: put it right.")
    capacities = tuple(numbers[2 + 2 * agents * items :])
    if min(capacities) < 0:
        raise BadFile(f"{file.name}: agent {capacities.index(min(capacities)) + 1} has a capacity below 0: put it right.")
    return Assignment(file.name, costs, amounts, capacities)


def _numbers(file: Path) -> list[int]:
    """Return all whole numbers of a text file, in order."""
    try:
        lines = file.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile(f"{file} cannot be read as a text file of whole numbers: give the path of such a file.") from error
    found: list[int] = []
    for place, line in enumerate(lines, start=1):
        for word in line.split():
            number = int(word) if word.removeprefix("-").isdigit() and len(word) < 12 else None
            if number is None or abs(number) > _LARGEST:
                raise BadFile(f"{file.name}, line {place}: '{word[:20]}' is not a whole number up to {_LARGEST:,}: put it right.")
            found.append(number)
        if len(found) > _MOST_NUMBERS:
            raise BadFile(f"{file.name} has more than {_MOST_NUMBERS:,} numbers, which is more than can be solved: give a smaller one.")
    return found


def _where(count: int, agents: int, items: int) -> str:
    """Return where a file that is too short breaks off."""
    table = agents * items
    for name, end in (("costs", 2 + table), ("amounts", 2 + 2 * table), ("capacities", 2 + 2 * table + agents)):
        if count < end:
            return f"; it breaks off in the {name}"
    return "; there is more after the capacities"


def _table(numbers: list[int], start: int, rows: int, columns: int) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(numbers[start + row * columns : start + (row + 1) * columns]) for row in range(rows))


def to_problem(assignment: Assignment) -> Problem:
    """Return the matching problem: items are needs of a case each, agents are supporters, half days are the resource."""
    unmet, items = float(assignment.unmet_cost), range(len(assignment.costs[0]))
    return Problem(
        tuple(Need(item, item, unmet) for item in items),
        tuple(Supporter(agent, (capacity,)) for agent, capacity in enumerate(assignment.capacities)),
        tuple(
            Pairing(item, agent, (amounts[item],), 0, -float(costs[item]))
            for agent, (costs, amounts) in enumerate(zip(assignment.costs, assignment.amounts, strict=True))
            for item in items
            if amounts[item] <= assignment.capacities[agent]
        ),
    )  # fmt: skip


def cost_of(assignment: Assignment, solution: Solution) -> int | None:
    """Return the total cost; None if some item could not be assigned."""
    if solution.unmet:
        return None
    return sum(assignment.costs[agent][item] for item, agent in solution.supporter_of.items() if agent is not None)
