"""One run of a seed in a mode, and many of them in two processes."""

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import chain
from multiprocessing import get_context
from multiprocessing.pool import Pool
from random import Random

from tests.simulation import expiry, faults, invariants, later, load
from tests.simulation.cloud.gate import Endless
from tests.simulation.companies import PAIRS, companies
from tests.simulation.disaster import Disaster
from tests.simulation.faults import Weather
from tests.simulation.letters import Letters
from tests.simulation.scenario import Scenario
from tests.simulation.trace import Trace, Violation
from tests.simulation.world import World
from tocsin import keys, queues, store, sweep

Rates = Callable[[Random], Mapping[str, float]]
CALM = 1000.0  # seconds without faults at the end of a run: longer than a page may wait before it is too late
CALM_AFTER_DAYS = 2 * 3600.0


@dataclass(frozen=True)
class Mode:
    """What goes wrong, which nets there are, and how late something may be after the last fault, in seconds."""

    rates: Rates
    bound: float = 150.0
    sweeper: bool = True
    first_line: bool = True
    long: float = 0.08  # share of runs that last for days
    disaster: bool = False  # everything but the tables is lost, and rebuilt

    @property
    def patient(self) -> bool:
        """Whether the first line must do without a sweeper, at last."""
        return self.disaster or not self.sweeper


MODES = {
    "nominal": Mode(faults.nominal, bound=2.0),
    "mild": Mode(faults.mild),
    "swarm": Mode(faults.swarm),
    # A message that was in hand when a worker died is hidden for three minutes; a failed page waits up to five. In half
    # of the runs messages die soon, and a person redrives them.
    "net_off": Mode(faults.mended_by_retries, bound=240.0, sweeper=False, long=0.0),
    "net_only": Mode(faults.mild, first_line=False),
    "recovery": Mode(faults.mild, bound=240.0, long=0.0, disaster=True),
}

NETS = ("Sweeper", "Audit", "Redriven")  # how the counts of repairs begin
LOAD = "load"  # a play of its own, see load.py


@dataclass
class Result:
    """What a run showed."""

    mode: str
    seed: int
    violations: list[Violation]
    lateness: list[float] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    alone: list[float] = field(default_factory=list)  # of load: a company's lateness without another's flood

    @property
    def replay(self) -> str:
        """The line that plays the seed again."""
        return f"python -m tests.simulation --mode {self.mode} --from {self.seed} --seeds 1"


def play(mode: str, seed: int) -> Trace:
    """Play a seed in a mode and return what happened."""
    how = MODES[mode]
    random = Random(f"{mode} {seed}")  # noqa: S311 - a simulation is to be repeatable
    pair = PAIRS[random.randrange(2)]
    founded = companies(pair)
    with World(seed, sweeper=how.sweeper, directory=founded.rows) as world:
        world.put(keys, "DUE_SHARDS", 4)  # a sweep of 64 is as good, and takes sixteen times as long
        if random.random() < 0.5:
            _make_small(world)
        trace = Trace(world, mode, how.bound)
        days = random.random() < how.long
        length = random.choice((100_000.0, 300_000.0)) if days else random.choice((600.0, 1500.0, 3600.0))
        people = Random(f"people {mode} {seed}")  # noqa: S311 - as above
        scenario = Scenario(world, trace, random, pair, days, length, people, founded.doors)
        if not how.first_line:
            world.tickets.listeners.remove(world.clock.hear)
            world.tickets.listeners.remove(world.historian.hear)
            world.scheduler.firings = lambda schedule: []
        weather = Weather(world, {}, patient=how.patient)
        trace.weather = weather
        chance = Random(f"letters {mode} {seed}")  # noqa: S311 - as above
        letters = Letters(world, weather, chance) if not how.sweeper and chance.random() < 0.5 else None
        scenario.begin()
        if mode != "nominal":
            later.write(world, pair, Random(f"later {mode} {seed}"))  # noqa: S311 - as above
        disaster = Disaster(world, weather, random, length) if how.disaster else None
        weather.rates = dict(how.rates(random))
        if not how.first_line:
            weather.rates = {**weather.rates, "scheduler_never": 2.0}
        weather.begin(length)
        world.run(length)
        weather.calm = True
        world.run(CALM_AFTER_DAYS if days else CALM)
        scenario.end()
        trace.seen += letters.left() if letters else ()
        if disaster and disaster.over is None:
            trace.seen.append(Violation("I10", "recovery", "the rebuild did not come to its end"))
        trace.seen += expiry.check(world, trace, Random(f"expiry {mode} {seed}"))  # noqa: S311 - as above
        return trace


def _make_small(world: World) -> None:
    """Let calls, sweeps and pages of a query hold little, as if there were much."""
    world.put(queues, "_BATCH", 1)
    world.put(store, "_BATCH_READ", 2)
    world.put(store, "_BATCH_WRITE", 2)
    world.put(sweep, "ROWS_A_SHARD", 6)  # of the eight pages that one ask makes
    world.dynamodb.most |= {"Directory/listed": 1, "Tickets/": 2}


def run(mode: str, seed: int) -> Result:
    """Play a seed and hold what happened against the invariants."""
    if mode == LOAD:
        return _run_load(seed)
    trace = play(mode, seed)
    result = Result(mode, seed, invariants.check(trace))
    for key, attempts in trace.paged.items():
        begun = trace.begun(key)
        if begun is not None:
            result.lateness.append(attempts[0].at - begun)
        result.counts["duplicates"] += max(0, sum(attempt.accepted for attempt in attempts) - 1)
    result.counts["pages"] = len(trace.paged)
    result.counts["tickets"] = len(trace.tickets)
    result.counts["crashes"] = len(trace.world.lost)
    result.counts += Counter({k: v for k, v in trace.world.counted.items() if k.startswith(NETS)})
    return result


def _run_load(seed: int) -> Result:
    violations, alone, beside = load.check(seed)
    counts = Counter({"pages": alone.pages + beside.pages, "tickets": alone.tickets + beside.tickets})
    return Result(LOAD, seed, violations, beside.lateness, counts, alone.lateness)


Job = tuple[str, int]  # a mode and a seed
Setting = Callable[[], AbstractContextManager[object]]


TOGETHER = 32  # seeds that a process is given, and after which one that goes on looks for garbage


def workers(processes: int) -> Pool:
    """Return processes that do one piece of work each, and look for no garbage: it ends with them, which is cheaper.

    They share what every run uses.
    """
    run("swarm", 0)
    gc.collect()
    gc.freeze()
    gc.disable()
    return get_context("fork").Pool(processes, maxtasksperchild=1)


def played(job: Job) -> Result:
    """Run one of many seeds. An error of the simulator is what it shows."""
    try:
        return run(*job)
    except (Exception, Endless) as error:  # noqa: BLE001 - the seed is what is to be known of it
        return Result(*job, [Violation("E", "the simulator", f"{type(error).__name__}: {error}")])


def search(jobs: Iterable[Job], *, processes: int = 2) -> Iterator[Result]:
    """Run seeds in processes of their own, and return what they show as they end."""
    if processes == 1:
        yield from map(played, jobs)
        return
    jobs = list(jobs)
    longest, others = ([job for job in jobs if (job[0] == LOAD) is of_load] for of_load in (True, False))
    if longest:
        load.companies()  # once for all processes
    with workers(processes) as pool:
        # One of load takes as long as many others: they come first and one by one, and no process is left with them.
        ends = [pool.imap_unordered(played, longest), pool.imap_unordered(played, others, chunksize=TOGETHER)]
        yield from chain.from_iterable(ends)


def first_failure(jobs: Iterable[Job], setting: Setting = nullcontext) -> tuple[Result | None, int]:
    """Run seeds until one fails. Return it, and how many were run."""
    number = 0
    with setting():
        for number, job in enumerate(jobs, 1):
            if number % TOGETHER == 0:
                gc.collect()
            result = played(job)
            if result.violations:
                return result, number
    return None, number
