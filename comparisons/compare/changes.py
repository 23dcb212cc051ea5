"""What removes differences between the training of two files."""

import math
from dataclasses import replace

from framework_parity.common.live.elements import Described
from framework_parity.common.live.records import (
    Changes,
    Flags,
    OptimizerRead,
    TrainingFound,
)
from framework_parity.common.live.replay import StandIns
from framework_parity.comparisons.compare.fields import RATES, Found
from framework_parity.comparisons.compare.losses import proportional
from framework_parity.comparisons.compare.penalties import decay_penalties
from framework_parity.comparisons.compare.removal import stand_ins
from framework_parity.comparisons.compare.result import (
    Difference,
    PairResult,
)

NONE = OptimizerRead(None, None, math.nan)
"""In the place of an optimiser that there is not."""


def changed(
    removed: list[Difference], found: Found, result: PairResult
) -> dict[str, Changes]:
    """Return what removes differences, for each framework.

    Args:
        removed: the differences.
        found: what both files have for training.
        result: of the rungs so far, with the pairing.
    """
    parts: dict[str, list[Difference]] = {}
    for each in removed:
        parts.setdefault(each.part, []).append(each)
    standins = stand_ins(parts.get("model", []))
    torch, keras = found["torch"], found["keras"]
    for side, graph in (("torch", torch.graph), ("keras", keras.graph)):
        for node in graph:
            if (side, node.kind, node.label) in result.replaced:
                own = node.kind, node.fields
                standins[side].setdefault(node.index, own)
    losses: dict[str, StandIns | None] = {"torch": None, "keras": None}
    if "loss_model" in parts:
        removed_of_loss = [
            replace(each, part=each.loss_part) for each in parts["loss_model"]
        ]
        losses |= stand_ins(removed_of_loss)
    flat = {each.field for each in parts.get("flat", [])}
    plain = {each.field for each in parts.get("plain_step", [])}
    if "clipping" in parts and keras.optimizer and torch.optimizer:
        clips = keras.optimizer.step_clipping or torch.optimizer.step_clipping
        plain |= {"keras"} if clips else set()
    optimizer, clipping = _optimizer(parts, torch.optimizer, keras.optimizer)
    partners = result.pairing.keras_of
    read = torch.optimizer or NONE
    trained = _flags(parts.get("trained", []), torch.trained, partners)
    decayed = _flags(parts.get("decays", []), read.decayed, partners)
    stepped = _flags(parts.get("stepped", []), read.stepped, partners)
    changed_fields = {each.field for each in parts.get("optimizer", [])}
    if "weight_decay" in changed_fields:
        decayed = {
            partners[index]: flags
            for index, flags in read.decayed.items()
            if index in partners
        }
    modes: dict[int, bool] = {}
    pass_modes: dict[int, bool] = {}
    for each in parts.get("modes", []):
        assert each.torch is not None
        index = each.torch.index
        modes[partners[index]] = torch.modes[index]
        pass_modes[partners[index]] = torch.pass_modes[index]
    rates: tuple[float, ...] = ()
    if "rates" in parts:
        rates = result.rates
    elif "rounded_rates" in parts:
        pairs = zip(result.rates, result.keras_rates, strict=True)
        rates = tuple(
            mine if math.isclose(mine, theirs, rel_tol=RATES) else theirs
            for mine, theirs in pairs
        )
    if optimizer is not None and not rates:
        rates = result.keras_rates
    return {
        "torch": Changes(
            standins=standins["torch"],
            loss_standins=losses["torch"],
            single_biases="biases" in parts,
            single_rate="group_rates" in parts,
            padding_rows="padding_row" not in parts,
            cleared="cleared" in parts,
            plain_step="torch" in plain,
            fitted="fitted" in parts,
            flat="torch" in flat,
        ),
        "keras": Changes(
            standins=standins["keras"],
            loss=_loss(parts.get("loss", []), torch, keras),
            loss_standins=losses["keras"],
            loss_factor=math.prod(
                each.factor for each in parts.get("loss_scale", [])
            ),
            optimizer=optimizer,
            clipping=clipping,
            rates=rates,
            trained=trained,
            penalties="penalties" not in parts,
            penalized=decay_penalties(found, result)
            if "penalized" in parts
            else None,
            exact="exact" in parts,
            plain_step="keras" in plain,
            fitted="fitted" in parts,
            flat="keras" in flat,
            single_rate="group_rates" in parts,
            base=keras.optimizer.base if keras.optimizer else None,
            # A norm counts each occurrence of an id apart.
            dense=bool({"dense", "clipping"} & parts.keys()),
            accumulation=_accumulation(parts, torch, keras),
            decayed=decayed,
            stepped=stepped,
            modes=modes,
            pass_modes=pass_modes,
        ),
    }


def _flags(
    removed: list[Difference], torch: Flags, partners: dict[int, int]
) -> Flags:
    """Return PyTorch's flags of the tensors that differ, by Keras's node.

    Args:
        removed: a difference for each tensor.
        torch: PyTorch's flags.
        partners: from PyTorch's nodes to Keras's.
    """
    flags: Flags = {}
    for each in removed:
        assert each.torch is not None
        assert each.field is not None
        index = each.torch.index
        of_node = flags.setdefault(partners[index], {})
        of_node[each.field] = torch[index][each.field]
    return flags


def _accumulation(
    parts: dict[str, list[Difference]],
    torch: TrainingFound,
    keras: TrainingFound,
) -> int:
    """Return the number of batches of an update."""
    chosen = torch if "accumulation" in parts else keras
    return chosen.optimizer.accumulation if chosen.optimizer else 1


def _loss(
    removed: list[Difference], torch: TrainingFound, keras: TrainingFound
) -> Described | None:
    if not removed:
        return None
    kind, fields = keras.losses[0].described
    for each in removed:
        if each.field is None:
            return torch.losses[0].described
        theirs = torch.losses[0].fields
        fields = fields | {each.field: theirs.get(each.field)}
        if each.field == "mean_of" and proportional(fields, theirs):
            fields["class_weights"] = theirs["class_weights"]
        if each.field == "class_weights" and "mean_of" not in fields:
            fields["mean_of"] = theirs["mean_of"]
    return kind, fields


def _optimizer(
    parts: dict[str, list[Difference]],
    torch: OptimizerRead | None,
    keras: OptimizerRead | None,
) -> tuple[Described | None, Described | None]:
    """Return Keras's optimiser and clipping with differences removed."""
    removed = parts.get("optimizer", [])
    clips = parts.get("clipping", [])
    rebuilt = removed or clips or parts.keys() & {"constants", "accumulation"}
    if torch is None or keras is None or not rebuilt:
        return None, None
    described, clipping = keras.described, keras.clipping
    for each in removed:
        assert torch.described is not None
        assert described is not None
        if each.field is None:
            described = torch.described
        else:
            fields = described[1] | {
                each.field: torch.described[1][each.field]
            }
            described = described[0], fields
    for each in clips:
        if each.field is None or clipping is None:
            clipping = torch.clipping
        else:
            assert torch.clipping is not None
            value = torch.clipping[1][each.field]
            clipping = clipping[0], clipping[1] | {each.field: value}
    return described, clipping
