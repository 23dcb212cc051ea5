"""Minimal subclasses for optimisers that Keras does not have.

Each stores its arguments, so that a live optimiser can be read back, and has
them in its configuration, so that it can be saved.
"""

from functools import cache
from typing import Any

import numpy as np
from keras import ops, optimizers

from framework_parity.keras_impl.extensions import registered


@cache
def mixed(*classes: type) -> type:
    """Return the class with these bases; equal bases give the same class."""
    name = "".join(base.__name__ for base in classes)
    made: type = registered(type(name, classes, {}))
    return made


class CoupledDecay(optimizers.Optimizer):
    """A mixin: g ← g + λ p before the update that follows.

    Keras's own decay is decoupled. `exclude_from_weight_decay` is respected.
    """

    def __init__(self, coupled_decay: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.coupled_decay = coupled_decay

    def update_step(self, gradient: Any, variable: Any, rate: Any) -> None:
        if self._use_weight_decay(variable):
            decay = ops.cast(
                np.float64(self.decay_of(variable)), variable.dtype
            )
            gradient = gradient + decay * variable
        super().update_step(gradient, variable, rate)

    def decay_of(self, variable: Any) -> float:
        """Return the weight decay of a variable."""
        return self.coupled_decay

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"coupled_decay": self.coupled_decay}


class FactoredDecay(optimizers.Optimizer):
    """A mixin: p ← (1 - η λ) p before the update that follows."""

    def __init__(self, factored_decay: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.factored_decay = factored_decay

    def update_step(self, gradient: Any, variable: Any, rate: Any) -> None:
        if self._use_weight_decay(variable):
            decay = np.float64(self.decay_of(variable))
            shrunk = ops.cast(rate, "float64") * decay
            factor = ops.cast(1 - shrunk, variable.dtype)
            self.assign(variable, variable * factor)
        super().update_step(gradient, variable, rate)

    def decay_of(self, variable: Any) -> float:
        """Return the weight decay of a variable."""
        return self.factored_decay

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"factored_decay": self.factored_decay}


class ParameterGroups(optimizers.Optimizer):
    """A mixin: variables with a rate or a weight decay of their own.

    `MultiOptimizer` clips each group by its own norm, and has no rate.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.options: dict[str, tuple[float, float | None]] = {}

    def add_group(
        self,
        variables: list[Any],
        rate_factor: float = 1.0,
        weight_decay: float | None = None,
    ) -> None:
        """Multiply the rate of variables, or set their weight decay."""
        keys = map(self._var_key, variables)
        self.options |= dict.fromkeys(keys, (rate_factor, weight_decay))

    def update_step(self, gradient: Any, variable: Any, rate: Any) -> None:
        super().update_step(gradient, variable, self.rate_of(variable, rate))

    def own(self, variable: Any) -> tuple[float, float | None]:
        """Return a variable's factor of the rate, and its weight decay."""
        return self.options.get(self._var_key(variable), (1.0, None))

    def rate_of(self, variable: Any, rate: Any) -> Any:
        """Return the rate of a variable, given that of the optimiser."""
        return rate * ops.cast(np.float64(self.own(variable)[0]), rate.dtype)

    def decay_of(self, variable: Any) -> float:
        """Return the weight decay of a variable, in a mixin's form."""
        _, decay = self.own(variable)
        above: Any = super()
        return above.decay_of(variable) if decay is None else decay

    def _apply_weight_decay(self, variables: list[Any]) -> None:
        if not self.weight_decay:
            return
        for variable in filter(self._use_weight_decay, variables):
            _, decay = self.own(variable)
            decay = np.float64(self.weight_decay if decay is None else decay)
            rate = self.rate_of(variable, self.learning_rate)
            factor = ops.cast(decay, rate.dtype) * rate
            variable.assign(variable - variable * factor)


class EpsilonClipping(optimizers.Optimizer):
    """A mixin: clip by min(1, limit / (norm + ε)), as PyTorch does."""

    def __init__(self, clip_epsilon: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.clip_epsilon = clip_epsilon

    def _clip_gradients(self, grads: list[Any]) -> list[Any]:
        squares = [ops.sum(ops.square(g)) for g in grads]
        if self.clipnorm is not None:
            factors = [self._factor(s, self.clipnorm) for s in squares]
        else:
            total = self._factor(sum(squares), self.global_clipnorm)
            factors = [total] * len(grads)
        return [f * g for f, g in zip(factors, grads, strict=True)]

    def _factor(self, squares: Any, limit: float) -> Any:
        return ops.minimum(
            1.0, limit / (ops.sqrt(squares) + self.clip_epsilon)
        )

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"clip_epsilon": self.clip_epsilon}


@registered
class GradientVelocitySGD(optimizers.SGD):
    """SGD whose velocity is a sum of gradients: b ← m b + g, p ← p - η b.

    With Nesterov's look-ahead, p ← p - η (g + m b).
    """

    def update_step(self, gradient: Any, variable: Any, rate: Any) -> None:
        rate = ops.cast(rate, variable.dtype)
        velocity = self.momentums[self._get_variable_index(variable)]
        momentum = ops.cast(np.float64(self.momentum), variable.dtype)
        self.assign(velocity, momentum * velocity + gradient)
        ahead = gradient + momentum * velocity if self.nesterov else velocity
        self.assign_sub(variable, rate * ahead)


@registered
class AnyRMSprop(optimizers.RMSprop):
    """RMSprop with epsilon inside the root or outside it.

    Its velocity is a sum of scaled gradients or of steps; see
    `common.spec.optimizers.adaptive`.
    """

    def __init__(
        self, epsilon_placement: str, velocity: str, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.epsilon_placement, self.velocity = epsilon_placement, velocity

    def update_step(self, gradient: Any, variable: Any, rate: Any) -> None:
        rate = ops.cast(rate, variable.dtype)
        index = self._get_variable_index(variable)
        scaled = gradient / self._root(gradient, index)
        if self.momentum == 0:
            self.assign_sub(variable, rate * scaled)
            return
        of_steps = self.velocity == "of_steps"
        velocity = self._momentums[index]
        self.assign(
            velocity,
            velocity * self.momentum + (rate * scaled if of_steps else scaled),
        )
        self.assign_sub(variable, velocity if of_steps else rate * velocity)

    def _root(self, gradient: Any, index: int) -> Any:
        rho, v = self.rho, self._velocities[index]
        self.assign(v, v * rho + ops.square(gradient) * (1 - rho))
        if self.centered:
            mean = self._average_gradients[index]
            self.assign(mean, mean * rho + gradient * (1 - rho))
            v = v - ops.square(mean)
        if self.epsilon_placement == "inside_root":
            return ops.sqrt(v + self.epsilon)
        return ops.sqrt(v) + self.epsilon

    def get_config(self) -> dict[str, Any]:
        own = {
            "epsilon_placement": self.epsilon_placement,
            "velocity": self.velocity,
        }
        return super().get_config() | own


@registered
class AnyAdam(optimizers.Adam):
    """Adam with epsilon added to either moment, corrected in any precision.

    See `common.spec.optimizers.adam`.
    """

    def __init__(
        self, epsilon_placement: str, bias_correction: str, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.epsilon_placement = epsilon_placement
        self.bias_correction = bias_correction

    def update_step(self, gradient: Any, variable: Any, rate: Any) -> None:
        kind = variable.dtype
        # Subtracted in double: in float32, 1 - 0.999 would be off by 1.3e-5.
        new_1, new_2, epsilon = (
            ops.cast(np.float64(value), kind)
            for value in (1 - self.beta_1, 1 - self.beta_2, self.epsilon)
        )
        index = self._get_variable_index(variable)
        m, v = self._momentums[index], self._velocities[index]
        self.assign_add(m, (gradient - m) * new_1)
        self.assign_add(v, (ops.square(gradient) - v) * new_2)
        if self.amsgrad:
            greatest = self._velocity_hats[index]
            self.assign(greatest, ops.maximum(greatest, v))
            v = greatest
        first, second = (
            correction(self, beta, kind, self.iterations + 1)
            for beta in (self.beta_1, self.beta_2)
        )
        if self.epsilon_placement == "epsilon":
            root = ops.sqrt(v) / ops.sqrt(second) + epsilon
        else:
            root = (ops.sqrt(v) + epsilon) / ops.sqrt(second)
        self.assign_sub(variable, ops.cast(rate, kind) / first * m / root)

    def get_config(self) -> dict[str, Any]:
        own = {
            "epsilon_placement": self.epsilon_placement,
            "bias_correction": self.bias_correction,
        }
        return super().get_config() | own


@registered
class AnyAdamW(AnyAdam, optimizers.AdamW):
    """AdamW with the options of `AnyAdam`."""


@registered
class OuterEpsilonAdagrad(optimizers.Adagrad):
    """Adagrad with epsilon outside the root, p ← p - η g / (√a + ε)."""

    def update_step(self, gradient: Any, variable: Any, rate: Any) -> None:
        rate = ops.cast(rate, variable.dtype)
        total = self._accumulators[self._get_variable_index(variable)]
        self.assign_add(total, ops.square(gradient))
        root = ops.sqrt(total) + self.epsilon
        self.assign_sub(variable, rate * gradient / root)


@registered
class AnyAdamax(optimizers.Adamax):
    """Adamax with epsilon inside the maximum or added after it.

    1 - βᵗ is computed in either precision; see `common.spec.optimizers.adam`.
    """

    def __init__(
        self, epsilon_placement: str, bias_correction: str, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.epsilon_placement = epsilon_placement
        self.bias_correction = bias_correction

    def update_step(self, gradient: Any, variable: Any, rate: Any) -> None:
        kind, inside = variable.dtype, self.epsilon_placement == "in_maximum"
        index = self._get_variable_index(variable)
        m, u = self._m[index], self._u[index]
        new = ops.cast(np.float64(1 - self.beta_1), kind)
        self.assign_add(m, (gradient - m) * new)
        size = ops.abs(gradient) + (self.epsilon if inside else 0.0)
        self.assign(u, ops.maximum(u * self.beta_2, size))
        root = u if inside else u + self.epsilon
        first = correction(self, self.beta_1, kind, self.iterations + 1)
        self.assign_sub(variable, ops.cast(rate, kind) / first * m / root)

    def get_config(self) -> dict[str, Any]:
        own = {
            "epsilon_placement": self.epsilon_placement,
            "bias_correction": self.bias_correction,
        }
        return super().get_config() | own


@registered
class AnyNadam(optimizers.Nadam):
    """Nadam with any momentum decay, corrected in any precision.

    See `common.spec.optimizers.adam`; 1 - β has that precision, too. Keras's
    own class has a fixed decay and rounds its base 0.96 to float32.
    """

    def __init__(
        self, momentum_decay: float, bias_correction: str, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.momentum_decay = momentum_decay
        self.bias_correction = bias_correction

    def _backend_update_step(
        self, grads: list[Any], variables: list[Any], rate: Any
    ) -> None:
        product = self._u_product
        now = self._momentum(self.iterations + 1, product.dtype)
        self.assign(product, product * now)
        # Nadam's own would multiply the product by its own μ as well.
        super(optimizers.Nadam, self)._backend_update_step(
            grads, variables, rate
        )

    def update_step(self, gradient: Any, variable: Any, rate: Any) -> None:
        kind, index = variable.dtype, self._get_variable_index(variable)
        new_1, new_2 = (
            correction(self, beta, kind, 1)
            for beta in (self.beta_1, self.beta_2)
        )
        now = self._momentum(self.iterations + 1, kind)
        after = self._momentum(self.iterations + 2, kind)
        product = ops.cast(self._u_product, kind)
        m, v = self._momentums[index], self._velocities[index]
        self.assign_add(m, (gradient - m) * new_1)
        self.assign_add(v, (ops.square(gradient) - v) * new_2)
        ahead = after * m / (1 - product * after)
        ahead = ahead + (1 - now) * gradient / (1 - product)
        second = correction(self, self.beta_2, kind, self.iterations + 1)
        root = ops.sqrt(v / second) + ops.cast(np.float64(self.epsilon), kind)
        self.assign_sub(variable, ops.cast(rate, kind) * ahead / root)

    def _momentum(self, step: Any, kind: str) -> Any:
        precision = precision_of(self, kind)
        beta, decay, speed = (
            ops.cast(np.float64(value), precision)
            for value in (self.beta_1, 0.96, self.momentum_decay)
        )
        warmth = ops.power(decay, ops.cast(step, precision) * speed)
        return ops.cast(beta * (1 - 0.5 * warmth), kind)

    def get_config(self) -> dict[str, Any]:
        own = {
            "momentum_decay": self.momentum_decay,
            "bias_correction": self.bias_correction,
        }
        return super().get_config() | own


def precision_of(optimizer: Any, kind: str) -> str:
    """Return the precision of the bias correction."""
    return "float64" if optimizer.bias_correction == "double" else kind


def correction(optimizer: Any, beta: float, kind: str, step: Any) -> Any:
    """Return 1 - βᵗ."""
    precision = precision_of(optimizer, kind)
    base = ops.cast(np.float64(beta), precision)
    return ops.cast(1 - ops.power(base, ops.cast(step, precision)), kind)


def _register_mixed() -> None:
    """Make all combinations, as `keras.saving` finds a class by its name."""
    own = (
        *(optimizers.SGD, GradientVelocitySGD),
        *(optimizers.RMSprop, AnyRMSprop),
        *(optimizers.Adagrad, OuterEpsilonAdagrad, optimizers.Adadelta),
        *(optimizers.Adam, AnyAdam, optimizers.AdamW, AnyAdamW),
        *(optimizers.Adamax, AnyAdamax, AnyNadam),
    )
    for base in own:
        coupled, factored = (
            mixed(CoupledDecay, base),
            mixed(FactoredDecay, base),
        )
        for decayed in (base, coupled, factored):
            for each in (decayed, mixed(ParameterGroups, decayed)):
                mixed(EpsilonClipping, each)


_register_mixed()
