"""The words that settings take."""

from typing import Literal, TypeAlias

Dtype: TypeAlias = Literal["float32", "float64", "bfloat16"]
LadderDtype: TypeAlias = Literal["float32", "float64"]
Device: TypeAlias = Literal["cpu", "cuda", "mps"]
Profile: TypeAlias = Literal["quick", "full"]
LessonChoice: TypeAlias = int | Literal["own"]
"""The number of a lesson, or the project's own version of an experiment."""

InputKind: TypeAlias = Literal["float", "int"]
"""What an input of a model consists of."""

CompareLevel: TypeAlias = Literal["forward", "gradient", "step", "trajectory"]
"""The last rung of a comparison of two models of a user's own."""

Randomness: TypeAlias = Literal["shared", "native", "replay"]
Rung: TypeAlias = Literal[
    "data",
    "structure",
    "forward",
    "gradient",
    "step",
    "trajectory",
    "initial",
    "statistics",
]
"""The rungs of the ladder, in order: a later one needs the earlier ones.

`initial` and `statistics` are last, since they have random values of their
own, which say nothing where the frameworks differ on the same values.
"""
