"""Pure decisions of the linkage: may a rule set be saved, in which order do lists follow, what is told afterwards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar
from uuid import UUID

from services.catalog.items.rules import LINK_TYPES
from services.catalog.linkage import relations
from services.catalog.linkage.judgement import Changed
from services.catalog.linkage.ruleset import COLUMNS, INDEXED, Rule
from shared.ledger.envelope import Event
from shared.problems import FieldError

# Most references an event carries.
MOST_REFERENCES = 1_000

Node = tuple[str, str]
T = TypeVar("T")


def problems_of(rules: Sequence[Rule], known: Mapping[str, set[str]]) -> list[FieldError]:
    """What forbids to save a rule set, each with a pointer into `/rules`.

    `known` are the elements of every list kind.
    """
    found: list[FieldError] = []
    seen: dict[str, int] = {}
    for index, rule in enumerate(rules):
        at = f"/rules/{index}"
        if rule.id in seen:
            found.append(FieldError(f"{at}/id", "duplicate_rule", f"规则编号{rule.id}重复，请改用其他编号"))
        seen[rule.id] = index
        found += _unknown_names(rule, at, known)
        found += _shape(rule, at)
    found += _authorities(rules)
    cycle = find_cycle(rules)
    if cycle:
        path = " → ".join(f"{kind}.{element}" for kind, element in cycle)
        found.append(FieldError("/rules", "cycle", f"规则形成循环，请删去其中一环：{path}"))
    return found


def _unknown_names(rule: Rule, at: str, known: Mapping[str, set[str]]) -> Iterator[FieldError]:
    for side, kind in (("source_kind", rule.source_kind), ("target_kind", rule.target_kind)):
        if kind not in known:
            yield FieldError(f"{at}/{side}", "unknown_kind", f"没有清单类型“{kind}”，请先建立该类型或改正代码")
    places = [(f"{at}/match/{i}", pair) for i, pair in enumerate(rule.match)]
    places += [
        (f"{at}/groups/{g}/pairs/{i}", p) for g, group in enumerate(rule.groups) for i, p in enumerate(group.pairs)
    ]
    if rule.missing:
        places += [(f"{at}/missing/copies/{i}", pair) for i, pair in enumerate(rule.missing.copies)]
    places += relations.further_places(rule, at)
    own = {id(pair) for group in rule.groups if group.own for pair in group.pairs}
    for place, pair in places:
        for side, kind, element in (
            ("source", rule.target_kind if id(pair) in own else rule.source_kind, pair.source),
            ("target", rule.target_kind, pair.target),
        ):
            if kind in known and element not in known[kind] and element not in COLUMNS:
                yield FieldError(f"{place}/{side}", "unknown_element", f"清单类型“{kind}”没有要素“{element}”")
    for index, element in enumerate(rule.raises):
        if rule.target_kind in known and element not in known[rule.target_kind]:
            message = f"清单类型“{rule.target_kind}”没有要素“{element}”"
            yield FieldError(f"{at}/raises/{index}", "unknown_element", message)
    for index, group in enumerate(rule.groups):
        if group.yields_to is not None and group.yields_to not in known:
            message = f"没有清单类型“{group.yields_to}”，请先建立该类型或改正代码"
            yield FieldError(f"{at}/groups/{index}/yields_to", "unknown_kind", message)


def _shape(rule: Rule, at: str) -> Iterator[FieldError]:
    yield from relations.problems_of(rule, at)
    if rule.relation in relations.OF_TWO_ELEMENTS:
        return
    for index, pair in enumerate(rule.match):
        for side, element in (("source", pair.source), ("target", pair.target)):
            if element not in COLUMNS:
                yield FieldError(f"{at}/match/{index}/{side}", "not_a_key", f"要素“{element}”不能用于匹配")
        if COLUMNS.get(pair.source, "") != COLUMNS.get(pair.target, ""):
            yield FieldError(f"{at}/match/{index}", "unlike_keys", "匹配的两个要素类型不同，无法比较")
    if not any(pair.target in INDEXED and pair.source in INDEXED for pair in rule.match):
        yield FieldError(f"{at}/match", "no_indexed_key", f"匹配须包含以下要素之一：{'、'.join(INDEXED)}")
    yield from _counters(rule, at)
    for place, condition in (("condition", rule.condition), ("source_condition", rule.source_condition)):
        for element in condition:
            if COLUMNS.get(element) != "text":
                yield FieldError(f"{at}/{place}/{element}", "not_a_key", f"要素“{element}”不能用作条件")
    if rule.relation == "equal" and not (rule.groups or rule.missing or rule.orphan or rule.uncovered):
        yield FieldError(f"{at}/groups", "says_nothing", "规则没有任何要素、缺失或孤立事项的要求")
    if rule.relation in ("contained", "not_stricter") and (rule.groups or rule.where != "superior"):
        yield FieldError(f"{at}/relation", "relation_needs_superior", "该关系只用于上级清单，且不列要素组")
    if rule.where == "superior" and (rule.missing or rule.orphan or rule.uncovered or rule.source_condition):
        yield FieldError(f"{at}/where", "no_drafts_below", "上下级之间的规则不能要求补充事项，请改用同一区划的规则")
    if rule.linked is not None and rule.linked not in LINK_TYPES:
        yield FieldError(f"{at}/linked", "unknown_link", f"没有关联类型“{rule.linked}”，可用：{'、'.join(LINK_TYPES)}")
    if rule.where == "same_region" and rule.source_kind == rule.target_kind:
        yield FieldError(f"{at}/target_kind", "same_list", "同一区划内来源与目标清单不能相同")


def _authorities(rules: Sequence[Rule]) -> Iterator[FieldError]:
    """Each (target kind, element, condition) has exactly one authority."""
    for later, rule in enumerate(rules):
        for earlier, other in enumerate(rules[:later]):
            if rule.target_kind != other.target_kind or _disjoint(rule, other):
                continue
            shared = sorted(_decided(rule, other) & _decided(other, rule))
            if shared:
                yield FieldError(
                    f"/rules/{later}/groups",
                    "two_authorities",
                    f"{rule.target_kind}的要素{'、'.join(shared)}已以规则{other.id}（第{earlier + 1}条）的来源为准，"
                    "请使两条规则的条件互斥，或删去其一",
                )


def _decided(rule: Rule, beside: Rule) -> frozenset[str]:
    """Elements of its target a rule decides beside another one, to whose source it may yield some."""
    yielded = {pair.target for group in rule.groups if group.yields_to == beside.source_kind for pair in group.pairs}
    return rule.mirrors() - yielded


def _counters(rule: Rule, at: str) -> Iterator[FieldError]:
    """Counters rise with elements that follow at once, and are none of them; nobody follows what people confirm."""
    follows = {pair.target for group in rule.groups if group.action == "sync" for pair in group.pairs}
    for index, element in enumerate(rule.raises):
        if not follows or element in follows or element in COLUMNS:
            message = "计数要素只能随同步的要素递增，且不能是同步或匹配的要素"
            yield FieldError(f"{at}/raises/{index}", "not_a_counter", message)
    for index, group in enumerate(rule.groups):
        if group.own and group.action != "flag":
            message = "事项自身要素之间的比对只能提示人工核对（flag）"
            yield FieldError(f"{at}/groups/{index}/action", "own_only_flags", message)


def _disjoint(one: Rule, other: Rule) -> bool:
    common = one.condition.keys() & other.condition.keys()
    return any(not set(one.condition[element]) & set(other.condition[element]) for element in common)


def edges(rules: Iterable[Rule]) -> dict[Node, set[Node]]:
    """(source kind, element) -> (target kind, element), within a region: between regions levels only descend."""
    graph: dict[Node, set[Node]] = defaultdict(set)
    for rule in rules:
        for row in rule.rows:
            named = [row.named_by, *(pair.source for pair in row.columns)]
            for element in named:
                graph[rule.source_kind, element].add((rule.target_kind, row.element))
        if rule.where == "same_region" and rule.relation == "equal":
            for group in rule.groups:
                if group.action != "flag":
                    for pair in group.pairs:
                        followed = [pair.target, *(rule.raises if group.action == "sync" else ())]
                        for source in filter(None, (pair.source, pair.rather)):
                            graph[rule.source_kind, source] |= {(rule.target_kind, one) for one in followed}
    return graph


def find_cycle(rules: Iterable[Rule]) -> list[Node] | None:
    """A cycle of elements that follow one another, its first node repeated at the end; None when there is none."""
    graph = edges(rules)
    done: set[Node] = set()
    for start in sorted(graph):
        path: list[Node] = []
        stack: list[tuple[Node, Iterator[Node]]] = []
        node: Node | None = start
        while node is not None or stack:
            if node is not None:
                if node in path:
                    return [*path[path.index(node) :], node]
                if node not in done:
                    path.append(node)
                    stack.append((node, iter(sorted(graph.get(node, ())))))
            if not stack:
                break
            node = next(stack[-1][1], None)
            if node is None:
                done.add(stack.pop()[0])
                path.pop()
    return None


def layers(rules: Iterable[Rule]) -> dict[str, int]:
    """Layer of each list kind: a kind comes after all kinds it follows. Kinds that follow each other share one."""
    follows: dict[str, set[str]] = defaultdict(set)
    kinds: set[str] = set()
    for rule in rules:
        kinds |= {rule.source_kind, rule.target_kind}
        # Whoever asks whether there is a source must ask after the source's list has followed.
        if rule.where == "same_region" and (rule.mirrors() or rule.orphan):
            follows[rule.target_kind].add(rule.source_kind)
    found = dict.fromkeys(kinds, 0)
    # Longest path by relaxation; kinds in a ring (only their elements are free of cycles) stop after as many rounds.
    for _ in kinds:
        for kind, sources in follows.items():
            found[kind] = max([found[kind], *(min(found[source] + 1, len(kinds)) for source in sources)])
    return found


def applicable(rules: Sequence[Rule], kinds: Collection[str]) -> tuple[Rule, ...]:
    """Rules that may say something in regions which keep lists of these kinds; those between regions always may.

    A rule within a region needs both of its lists: without the source's there is nothing to follow and no orphan.
    Where a rule lets lists of other regions follow, what these keep is not known, and all rules stay.
    """
    if any(rule.where == "superior" and rule.mirrors() for rule in rules):
        return tuple(rules)
    return tuple(
        rule for rule in rules if rule.where == "superior" or {rule.source_kind, rule.target_kind} <= set(kinds)
    )


def batches(events: Sequence[Event]) -> Iterator[list[Event]]:
    """Events that may be handled together: adjustments follow one another where they touch the same item."""
    batch: list[Event] = []
    touched: set[UUID] = set()
    for event in events:
        alone = event.type != "adjustment.effective" or (batch and batch[0].type != event.type)
        if batch and (alone or touched & set(event.item_ids)):
            yield batch
            batch, touched = [], set()
        batch.append(event)
        touched |= set(event.item_ids)
    if batch:
        yield batch


_TYPES = {"suspended": "item.suspended", "cancelled": "item.cancelled", "in_use": "item.resumed"}


def event_type(change: Changed) -> str:
    """How the change of an item is told."""
    if change.before == 0:
        return "item.created"
    return _TYPES[change.state] if "state" in change.elements else "item.updated"


class Outcome(Protocol):
    """A draft or finding that was opened or closed."""

    @property
    def change(self) -> str: ...
    @property
    def id(self) -> UUID: ...
    @property
    def rule(self) -> str: ...
    @property
    def list_id(self) -> UUID: ...
    @property
    def adjustment_id(self) -> UUID | None: ...


def waiting(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """Ledger rows: what now waits for people, and what no longer does."""
    counts: dict[tuple[UUID, UUID, str], int] = defaultdict(int)
    for row in outcomes:
        if row.adjustment_id is not None:
            counts[row.adjustment_id, row.list_id, row.rule] += 1 if row.change == "opened" else -1
    return [
        ledger_row(adjustment_id, list_id, rule, waiting=count)
        for (adjustment_id, list_id, rule), count in sorted(counts.items(), key=str)
        if count
    ]


def ledger_row(adjustment_id: UUID, list_id: UUID, rule: str, **counts: Any) -> dict[str, Any]:
    """A row for the cascade ledger; counts not named are nought."""
    row = {"touched": 0, "unchanged": 0, "waiting": 0, "failed": 0, "error": None}
    return row | counts | {"adjustment_id": adjustment_id, "list_id": list_id, "rule": rule}


def chunks(values: Sequence[T], size: int = MOST_REFERENCES) -> Iterator[Sequence[T]]:
    """Slices of at most `size`."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
