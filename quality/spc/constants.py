"""Constants of control charts for subgroups of 2 to 25 from a normal distribution.

`d2` and `d3` are mean and standard deviation of the range of n standard normal values (tabulated from Gauss-Legendre quadrature of
its density, good to ten decimals), `c4` the mean of their sample standard deviation. The others follow: ASTM E2587, table 6;
Montgomery, Introduction to Statistical Quality Control, appendix VI.
"""

from dataclasses import dataclass
from math import exp, lgamma, sqrt

LARGEST_SUBGROUP = 25
_D2 = (
    1.1283791671,
    1.6925687506,
    2.0587507460,
    2.3259289473,
    2.5344127212,
    2.7043567512,
    2.8472006121,
    2.9700263244,
    3.0775054617,
    3.1728727038,
    3.2584552797,
    3.3359803541,
    3.4067631082,
    3.4718268899,
    3.5319827861,
    3.5878839618,
    3.6400637579,
    3.6889630232,
    3.7349501196,
    3.7783358298,
    3.8193846434,
    3.8583234233,
    3.8953481485,
    3.9306292195,
)
_D3 = (
    0.8525024664,
    0.8883680040,
    0.8798082028,
    0.8640819411,
    0.8480396861,
    0.8332053356,
    0.8198314898,
    0.8078342746,
    0.7970506735,
    0.7873146206,
    0.7784783412,
    0.7704162021,
    0.7630230956,
    0.7562114297,
    0.7499080894,
    0.7440517840,
    0.7385908534,
    0.7334814955,
    0.7286863457,
    0.7241733407,
    0.7199148084,
    0.7158867355,
    0.7120681751,
    0.7084407659,
)


@dataclass(frozen=True)
class Constants:
    """What turns mean ranges or standard deviations of subgroups of `n` into limits."""

    n: int
    d2: float
    d3: float
    c4: float

    @property
    def d2_printed(self) -> float:
        """`d2` with the three decimals of the standards' tables, by which everybody divides: 1.128, 2.326."""
        return round(self.d2, 3)

    @property
    def A2(self) -> float:  # noqa: N802 - the standards' own name
        return 3 / (self.d2 * sqrt(self.n))

    @property
    def A3(self) -> float:  # noqa: N802
        return 3 / (self.c4 * sqrt(self.n))

    @property
    def D3(self) -> float:  # noqa: N802
        return max(0.0, 1 - 3 * self.d3 / self.d2)

    @property
    def D4(self) -> float:  # noqa: N802
        return 1 + 3 * self.d3 / self.d2

    @property
    def B3(self) -> float:  # noqa: N802
        return max(0.0, 1 - 3 * self.c5 / self.c4)

    @property
    def B4(self) -> float:  # noqa: N802
        return 1 + 3 * self.c5 / self.c4

    @property
    def E2(self) -> float:  # noqa: N802
        return 3 / self.d2

    @property
    def c5(self) -> float:
        """Standard deviation of the sample standard deviation, in units of the true one."""
        return sqrt(1 - self.c4**2)


def constants(n: int) -> Constants:
    """:raises ValueError: unless `n` is 2 to 25."""
    if not 2 <= n <= LARGEST_SUBGROUP:
        raise ValueError(f"A subgroup has 2 to {LARGEST_SUBGROUP} values, not {n}.")
    return Constants(n, _D2[n - 2], _D3[n - 2], c4(n))


def c4(n: int) -> float:
    """Mean of the sample standard deviation of `n` standard normal values, of any number from 2."""
    return sqrt(2 / (n - 1)) * exp(lgamma(n / 2) - lgamma((n - 1) / 2))
