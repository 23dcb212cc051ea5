"""The cases of layers over sequences, as a table; see `tests.cases`.

Ids are few, so that a batch holds each of them several times.
"""

from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]

TOKENS = 4


def of_tokens(id: str, *layers: Any, **more: Any) -> Row:  # noqa: A002
    """Put layers between an embedding of six ids and a dense layer.

    Args:
        id: of the case.
        *layers: of sequences (6, 3) to vectors.
        **more: other fields of the case.
    """
    embedding = {"embedding": {"vocabulary": TOKENS, "size": 3}}
    return {
        "id": id,
        "layers": [embedding, *layers, {"dense": 3}],
        "sides": (6,),
        "tokens": TOKENS,
        **more,
    }


def _embedded(**fields: Any) -> Any:
    return {"embedding": {"vocabulary": TOKENS + 1, "size": 3, **fields}}


ROWS: list[Row] = [
    of_tokens("embedding", "flatten"),
    of_tokens("embedding-mean", "global_average_pool"),
    *(
        {
            "id": f"embedding-{name}",
            "layers": [_embedded(**fields), "tanh", "flatten", {"dense": 3}],
            "sides": (6,),
            "tokens": TOKENS,
        }
        for name, fields in (
            ("padding", {"padding": 0}),
            ("padding-last", {"padding": 3}),
            ("normal", {"embeddings_initializer": {"normal": 1.0}}),
        )
    ),
    # Averages of squares notice whether derivatives of one row are summed.
    of_tokens(
        "embedding-adam",
        "flatten",
        recipe={"optimizer": {"adam": {"lr": 0.01}}},
    ),
    {
        "id": "dense-sequence",
        "layers": [
            {"dense": 4},
            "tanh",
            {"dense": 2},
            "flatten",
            {"dense": 3},
        ],
        "sides": (4, 3),
    },
]
"""Embeddings, and layers that are applied to each step in time."""
