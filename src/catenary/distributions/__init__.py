"""Probability distributions, one a file, with Chainer's names: densities, moments, samples.

May import `functions`, `variable` and `backend`; what all share is in `distribution`, next door.
Called by users, who differentiate through them.
"""

from __future__ import annotations

from catenary.distributions.bernoulli import Bernoulli
from catenary.distributions.beta import Beta
from catenary.distributions.categorical import Categorical
from catenary.distributions.cauchy import Cauchy
from catenary.distributions.chisquare import Chisquare
from catenary.distributions.dirichlet import Dirichlet
from catenary.distributions.exponential import Exponential
from catenary.distributions.gamma import Gamma
from catenary.distributions.geometric import Geometric
from catenary.distributions.gumbel import Gumbel
from catenary.distributions.independent import Independent
from catenary.distributions.laplace import Laplace
from catenary.distributions.log_normal import LogNormal
from catenary.distributions.multivariate_normal import MultivariateNormal
from catenary.distributions.normal import Normal
from catenary.distributions.one_hot_categorical import OneHotCategorical
from catenary.distributions.pareto import Pareto
from catenary.distributions.poisson import Poisson
from catenary.distributions.uniform import Uniform

__all__ = [
    "Bernoulli",
    "Beta",
    "Categorical",
    "Cauchy",
    "Chisquare",
    "Dirichlet",
    "Exponential",
    "Gamma",
    "Geometric",
    "Gumbel",
    "Independent",
    "Laplace",
    "LogNormal",
    "MultivariateNormal",
    "Normal",
    "OneHotCategorical",
    "Pareto",
    "Poisson",
    "Uniform",
]
