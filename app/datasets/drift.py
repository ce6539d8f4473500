"""Whether the questions and documents of now are of another kind than those of a dataset's training window.

Each measure compares two samples. How often chance alone would make it as large is found by dealing the texts out anew
between the two (permutation test, Fisher 1935; p as Phipson and Smyth 2010 count it): exact for small samples, for
ties, and for axes and clusters that are found in both samples together. As several measures are looked at, their p are
adjusted (Holm 1979). With many texts the smallest difference is beyond chance, so that it must also be large enough.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from app.datasets.samples import Sample

Verdict = Literal["drift", "small", "steady", "too_few", "other_model", "missing"]
"""`small`: beyond chance, but below the threshold. `other_model`: another embedding model made the vectors; `missing`:
there are none, or no sample was kept with the dataset."""

MEASURES = ("projections", "lengths", "topics", "terms")
FEWEST = 20
"""Texts on either side below which nothing is said."""
LEVEL = 0.05
_DEALS = 999
_AXES = 8
_TOPICS = 12
_PER_TOPIC = 20
_ROUNDS = 25
_SEED = 20_240_229

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of one subject. `statistic` is from 0 (the same) to 1; `by_chance` its mean over deals by chance.

    `p` is adjusted for the number of measures. All three are None where nothing was measured. `before` and `now` are
    how many texts were compared.
    """

    subject: str
    name: str
    verdict: Verdict
    before: int
    now: int
    statistic: float | None = None
    by_chance: float | None = None
    p: float | None = None


@dataclass(frozen=True, slots=True)
class ChangedTerm:
    """A concept that is spoken of more or less often than before: shares of the texts that speak of any."""

    subject: str
    concept: str
    label: str
    before: float
    now: float


@dataclass(frozen=True, slots=True)
class DriftReport:
    """What came of measuring. Windows are pairs of seconds since 1970; `threshold` is what a statistic must reach."""

    dataset: str
    at: float
    window_before: tuple[float, float]
    window_now: tuple[float, float]
    threshold: float
    measures: tuple[Measure, ...]
    terms: tuple[ChangedTerm, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Drift if any measure says so; else steady (or small) if anything could be measured."""
        found = {each.verdict for each in self.measures}
        order: tuple[Verdict, ...] = ("drift", "small", "steady", "too_few", "other_model", "missing")
        return next((each for each in order if each in found), "missing")

    def to_json(self) -> dict[str, Any]:
        """Everything, with the verdict."""
        return {"verdict": self.verdict, **asdict(self)}


def measured(before: Mapping[str, Sample], now: Mapping[str, Sample], threshold: float) -> tuple[Measure, ...]:
    """All measures of all subjects in `now`, with verdicts."""
    found = [each for subject in now for each in _of(subject, before.get(subject), now[subject])]
    tested = [each for each in found if each.p is not None]
    adjusted = dict(zip(map(id, tested), holm([each.p or 0.0 for each in tested]), strict=True))
    return tuple(
        replace(each, p=adjusted[id(each)], verdict=_verdict(each, adjusted[id(each)], threshold))
        if each.p is not None
        else each
        for each in found
    )


def holm(ps: Sequence[float]) -> list[float]:
    """Values of p adjusted for their number, in their order (Holm 1979, "A simple sequentially rejective …")."""
    adjusted = [0.0] * len(ps)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=lambda each: ps[each])):
        highest = max(highest, min(1.0, ps[place] * (len(ps) - rank)))
        adjusted[place] = round(highest, 4)
    return adjusted


def _verdict(measure: Measure, p: float, threshold: float) -> Verdict:
    if p > LEVEL:
        return "steady"
    return "drift" if (measure.statistic or 0.0) >= threshold else "small"


def _of(subject: str, before: Sample | None, now: Sample) -> list[Measure]:
    if before is None:
        return [Measure(subject, name, "missing", 0, now.count) for name in MEASURES]
    then, today = (each.lengths.astype(np.float64)[:, None] for each in (before, now))
    return [
        *_of_points(subject, before, now),
        _tested(subject, "lengths", then, today, kolmogorov_smirnov),
        _tested(subject, "terms", *_term_tables(before, now), jensen_shannon),
    ]


def _of_points(subject: str, before: Sample, now: Sample) -> list[Measure]:
    names = ("projections", "topics")
    both = len(before.points), len(now.points)
    if not all(both):
        verdict: Verdict = "too_few" if not before.count or not now.count else "missing"
        return [Measure(subject, name, verdict, *both) for name in names]
    if before.embedder != now.embedder or before.points.shape[1] != now.points.shape[1]:
        return [Measure(subject, name, "other_model", *both) for name in names]
    points = np.concatenate([before.points, now.points]).astype(np.float64)
    axes, clusters = principal(points), one_hot(clustered(points))
    cut = both[0]
    return [
        _tested(subject, "projections", axes[:cut], axes[cut:], kolmogorov_smirnov),
        _tested(subject, "topics", clusters[:cut], clusters[cut:], jensen_shannon),
    ]


def _term_tables(before: Sample, now: Sample) -> tuple[Floats, Floats]:
    """Texts by concepts, 1 where a text speaks of one; without texts that speak of none."""
    known = np.unique(np.concatenate([before.term_keys, now.term_keys]))
    return _term_table(before, known), _term_table(now, known)


def _term_table(sample: Sample, known: NDArray[np.uint64]) -> Floats:
    table = np.zeros((sample.count, len(known)))
    table[sample.term_rows, np.searchsorted(known, sample.term_keys)] = 1
    return table[table.any(axis=1)]


def changed_terms(before: Sample, now: Sample, most: int = 5) -> list[tuple[int, float, float]]:
    """The concepts whose shares changed most: (key, share before, share now), those that changed more first."""
    known = np.unique(np.concatenate([before.term_keys, now.term_keys]))
    tables = _term_table(before, known), _term_table(now, known)
    if min(map(len, tables)) < FEWEST:
        return []
    then, today = (table.mean(axis=0) for table in tables)
    order = np.argsort(-np.abs(today - then), kind="stable")[:most]
    return [(int(known[each]), round(float(then[each]), 4), round(float(today[each]), 4)) for each in order]


# --- statistics -----------------------------------------------------------------------------------------------------


def _tested(
    subject: str, name: str, before: Floats, now: Floats, statistic: Callable[[Floats, Bools], Floats]
) -> Measure:
    if min(len(before), len(now)) < FEWEST:
        return Measure(subject, name, "too_few", len(before), len(now))
    values = statistic(np.concatenate([before, now]), deals(len(before), len(now)))
    chance = values[1:]
    # A value that differs in the last bit of its sum is the same
    p = (1 + int((chance >= values[0] - 1e-9).sum())) / (1 + len(chance))
    rounded = (round(float(each), 4) for each in (values[0], chance.mean(), p))
    return Measure(subject, name, "steady", len(before), len(now), *rounded)


def deals(before: int, now: int) -> Bools:
    """Which texts are `now`, shape (deals, before + now): the first as they are, the others dealt by chance."""
    chance = np.random.default_rng(_SEED).random((_DEALS, before + now)).argsort(axis=1)
    return np.concatenate([np.arange(before + now)[None] >= before, chance >= before])


def kolmogorov_smirnov(values: Floats, now: Bools) -> Floats:
    """For each deal the largest difference of the two empirical distribution functions, over all columns of `values`.

    D of Kolmogorov (1933) and Smirnov (1939) for two samples; the largest of several axes with its distribution under
    permutation, as Westfall and Young (1993) adjust for several tests at once.
    """
    weights = np.where(now, 1 / now[0].sum(), -1 / (~now[0]).sum())
    largest = np.zeros(len(now))
    for column in values.T:
        order = np.argsort(column, kind="stable")
        ends = np.append(np.diff(column[order]) > 0, True)  # equal values are passed together
        largest = np.maximum(largest, np.abs(np.cumsum(weights[:, order], axis=1)[:, ends]).max(axis=1))
    return largest


def jensen_shannon(table: Floats, now: Bools) -> Floats:
    """For each deal how far apart the two sides' shares of the columns are, in bits: from 0 to 1.

    The mean of the Kullback-Leibler divergences of both to their mixture (Lin 1991, "Divergence measures based on the
    Shannon entropy"). Kullback and Leibler's own is infinite as soon as something is spoken of that never was before,
    which is what drift looks like.
    """
    today = now.astype(np.float64) @ table
    then = table.sum(axis=0) - today
    p, q = (each / each.sum(axis=1, keepdims=True) for each in (then, today))
    middle = (p + q) / 2
    return np.asarray((_divergence(p, middle) + _divergence(q, middle)) / 2, dtype=np.float64)


def _divergence(p: Floats, q: Floats) -> Floats:
    """Kullback and Leibler (1951), in bits; 0 log 0 is 0."""
    ratio = np.divide(p, q, out=np.ones_like(p), where=p > 0)
    return np.asarray((p * np.log2(ratio)).sum(axis=1), dtype=np.float64)


def principal(points: Floats) -> Floats:
    """The points on the `_AXES` axes along which they vary most (Pearson 1901), shape (n, axes)."""
    centred = points - points.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    return np.asarray(centred @ axes[:_AXES].T, dtype=np.float64)


def clustered(points: Floats) -> NDArray[np.int64]:
    """Each point's cluster: k-means (Lloyd 1982) from spread beginnings (Arthur and Vassilvitskii 2007), seeded."""
    chance = np.random.default_rng(_SEED)
    wanted = int(np.clip(len(points) // _PER_TOPIC, 2, _TOPICS))
    centres = points[[chance.integers(len(points))]]
    while len(centres) < wanted:
        nearest = _squared(points, centres).min(axis=1)
        if not nearest.sum() > 0:  # fewer different points than clusters
            break
        centres = np.append(centres, points[[chance.choice(len(points), p=nearest / nearest.sum())]], axis=0)
    for _ in range(_ROUNDS):
        of = _squared(points, centres).argmin(axis=1)
        moved = np.array([points[of == each].mean(axis=0) if (of == each).any() else centres[each]
                          for each in range(len(centres))])  # fmt: skip
        if np.allclose(moved, centres):
            break
        centres = moved
    return np.asarray(_squared(points, centres).argmin(axis=1), dtype=np.int64)


def _squared(points: Floats, centres: Floats) -> Floats:
    """Squared distances, shape (points, centres)."""
    found = (points**2).sum(axis=1)[:, None] - 2 * points @ centres.T + (centres**2).sum(axis=1)[None]
    return np.asarray(np.maximum(found, 0), dtype=np.float64)


def one_hot(of: NDArray[np.int64]) -> Floats:
    """Rows with a 1 in the column of their cluster."""
    return np.asarray(np.eye(int(of.max()) + 1)[of], dtype=np.float64)
