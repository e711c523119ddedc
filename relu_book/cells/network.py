"""A network as a list of affine maps and ReLU layers, the form in which its cells are computed.

Four kinds of steps on named values, each value a vector per input:

    Matrix      y = W x + b                      Linear
    Scale       y = s x + b, channel by channel  batch normalisation with fixed statistics
    Sum         y = sum of +-x_i                 residual connections
    Activation  y = x where x > 0, else slope x  ReLU (slope 0), LeakyReLU, PReLU

Where the pattern is fixed every value is an affine function of the place, y = a s + b t + c, and a
step maps the three coefficient vectors; numbers are float64. ``reading`` makes the list of a model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Multiplications in a matrix product up to which OpenBLAS works in one thread.
_SERIAL = 2**18


@dataclass(frozen=True)
class Matrix:
    """y = W x + b."""

    source: str
    target: str
    weight: np.ndarray
    bias: np.ndarray

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.source,)

    def apply(self, values: dict[str, np.ndarray]) -> np.ndarray:
        """The map on affine functions ``(n, 3, inputs)``; only the constant row takes the bias."""
        x = values[self.source]
        rows = x.reshape(x.shape[0] * x.shape[1], x.shape[2])
        y = _product(rows, self.weight.T).reshape(*x.shape[:2], len(self.weight))
        y[:, 2] += self.bias
        return y

    def magnitude(self, sizes: dict[str, np.ndarray]) -> np.ndarray:
        """Largest size of the terms that are summed, given the largest sizes of the inputs."""
        return np.abs(self.weight) @ sizes[self.source] + np.abs(self.bias)


@dataclass(frozen=True)
class Scale:
    """y = s x + b, channel by channel."""

    source: str
    target: str
    factor: np.ndarray
    bias: np.ndarray

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.source,)

    def apply(self, values: dict[str, np.ndarray]) -> np.ndarray:
        """As ``Matrix.apply``."""
        y = values[self.source] * self.factor
        y[:, 2] += self.bias
        return y

    def magnitude(self, sizes: dict[str, np.ndarray]) -> np.ndarray:
        """As ``Matrix.magnitude``."""
        return np.abs(self.factor) * sizes[self.source] + np.abs(self.bias)


@dataclass(frozen=True)
class Sum:
    """y = sum of the sources, each times its sign."""

    sources: tuple[str, ...]
    target: str
    signs: tuple[int, ...]

    def apply(self, values: dict[str, np.ndarray]) -> np.ndarray:
        """As ``Matrix.apply``."""
        return sum(
            sign * values[source] for sign, source in zip(self.signs, self.sources, strict=True)
        )

    def magnitude(self, sizes: dict[str, np.ndarray]) -> np.ndarray:
        """As ``Matrix.magnitude``."""
        return sum(sizes[source] for source in self.sources)


@dataclass(frozen=True)
class Activation:
    """y = x where x > 0, else slope x: the site ``name``."""

    source: str
    target: str
    name: str
    slope: np.ndarray

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.source,)


@dataclass(frozen=True)
class Network:
    """The steps up to a site, in order of execution; the last one is its ``Activation``."""

    steps: tuple[Matrix | Scale | Sum | Activation, ...]
    source: str

    def pre_activations(self, inputs: np.ndarray) -> tuple[dict[str, np.ndarray], list[np.ndarray]]:
        """The network at some inputs ``(n, size)``.

        Returns:
            The pre-activations ``(n, units)`` at each site by name; and for each step the largest
            size of the terms summed in its result, which is what rounding errors go by.
        """
        constant = np.zeros((len(inputs), 3, inputs.shape[1]))
        constant[:, 2] = inputs
        values = {self.source: constant}
        sizes = {self.source: np.abs(inputs).max(0)}
        seen: dict[str, np.ndarray] = {}
        magnitudes = []
        for step in self.steps:
            if isinstance(step, Activation):
                x = values[step.source]
                seen[step.name] = x[:, 2]
                values[step.target] = np.where(x > 0, x, step.slope * x)
                sizes[step.target] = np.abs(values[step.target][:, 2]).max(0)
                magnitudes.append(sizes[step.source])
            else:
                values[step.target] = step.apply(values)
                sizes[step.target] = step.magnitude(sizes)
                magnitudes.append(sizes[step.target])
        return seen, magnitudes


def _product(x: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """``x @ matrix``; a small matrix in pieces so small that BLAS starts no threads for them.

    On a busy machine the threads of a product of 50 microseconds can wait 10 milliseconds for each
    other.
    """
    rows = _SERIAL // matrix.size if matrix.size else 0
    if rows < 16 or len(x) <= rows:
        return x @ matrix
    y = np.empty((len(x), matrix.shape[1]))
    whole = len(x) - len(x) % rows
    np.matmul(
        x[:whole].reshape(-1, rows, x.shape[1]),
        matrix,
        out=y[:whole].reshape(-1, rows, matrix.shape[1]),
    )
    np.matmul(x[whole:], matrix, out=y[whole:])
    return y
