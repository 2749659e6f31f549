"""Which items must be netted together, and how the groups are shared out.

What is made of something asks for it, and what is set up with its family is ordered with it; whatever hangs together by such ties, however
many steps apart, is one group, and no group changes what another proposes.
"""

from collections.abc import Iterable, Iterator, Sequence

Group = list[int]


def groups(items: Iterable[int], ties: Iterable[tuple[int, int]]) -> list[Group]:
    """Items that hang together, each group in the order of the items and the groups in that of their first; ties to others count for nothing."""
    above = {item: item for item in items}
    for one, other in ties:
        if one in above and other in above:
            above[_root(above, one)] = _root(above, other)
    found: dict[int, Group] = {}
    for item in above:
        found.setdefault(_root(above, item), []).append(item)
    return list(found.values())


def parcels(found: Sequence[Group], most: int) -> list[list[Group]]:
    """Groups shared out in parcels of about as many items each, and none of more than `most` unless one group alone has more; the largest first,
    so that whoever takes it does not begin when all others are done.
    """
    total = sum(len(group) for group in found)
    about = -(-total // max(-(-total // most), 1))
    made = list(_filled(found, about))
    return sorted(made, key=lambda parcel: -sum(len(group) for group in parcel))


def _filled(found: Sequence[Group], about: int) -> Iterator[list[Group]]:
    parcel: list[Group] = []
    held = 0
    for group in found:
        if parcel and held + len(group) > about:
            yield parcel
            parcel, held = [], 0
        parcel.append(group)
        held += len(group)
    if parcel:
        yield parcel


def _root(above: dict[int, int], item: int) -> int:
    while above[item] != item:
        above[item] = above[above[item]]
        item = above[item]
    return item
