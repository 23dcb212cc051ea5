"""Which rows of an embedding does training change?

The class of a sequence is which of two groups of ids occurs more often. A
mean of the embeddings is enough for it, since the places say nothing. Short
sequences are filled with the padding id 0, and one id of the vocabulary never
occurs. All rows start at 1, so that a row that was not changed is seen in its
numbers: the row of an id that never occurs, which only weight decay moves, and
the row of the padding, which depends on how a framework leaves the padding
out. Keras's `mask_zero` keeps it out of the mean, and its row is as it
was; PyTorch's `padding_idx` sets the row to zero and does not train it, but
the mean counts the padding. Without either, the row is trained as any other.
"""

from typing import Any

from framework_parity.comparisons.experiments._words import claim

DATASETS = ("token_majority",)

# The ids of the data are 0 to 24; the last row belongs to no id.
VOCABULARY, PADDING, UNUSED = 26, 0, 25


def _network(frozen: bool = False, **fields: Any) -> list[Any]:
    embedding: Any = {
        "embedding": {
            "vocabulary": VOCABULARY,
            "size": 4,
            "embeddings_initializer": "ones",
            **fields,
        }
    }
    if frozen:
        embedding = {"frozen": [embedding]}
    return [embedding, "global_average_pool", {"dense": 2}]


def _row(arm: str, row: int) -> str:
    """Return the first number of a row of the table, in a claim."""
    return f'{arm}.weight("embedding_1/embeddings", {row}, 0)'


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one profile."""
    quick = profile == "quick"
    decay = {"adamw": {"lr": 0.01, "weight_decay": 0.1}}
    kept = [{"layers": ["embedding_1"], "weight_decay": 0}]
    return {
        "name": "embeddings",
        "dialect": "keras",
        "data": {
            "token_majority": {"samples": 1000 if quick else 4000},
            "test": 0.3,
            "validation": 0,
        },
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"adam": 0.01},
            "batch_size": 32,
            "epochs": 15,
            "shuffle": "each_epoch",
        },
        "arms": {
            "counted": _network(),
            "masked": _network(masked_id=PADDING),
            "padding_row": _network(padding=PADDING),
            "decayed": {
                "layers": _network(masked_id=PADDING),
                "recipe": {"optimizer": decay},
            },
            "not_decayed": {
                "layers": _network(masked_id=PADDING),
                "recipe": {"optimizer": decay, "groups": kept},
            },
            "frozen": _network(frozen=True, masked_id=PADDING),
        },
        "claims": [
            claim(
                "a_mean_of_vectors_is_enough",
                "A mean of the vectors tells the classes apart, although it "
                "does not know the order.",
                "masked.test_accuracy > 0.95",
            ),
            claim(
                "equal_vectors_say_nothing",
                "If the rows stay equal, the network is right about half the "
                "time.",
                "frozen.test_accuracy < 0.6",
            ),
            claim(
                "an_id_that_never_occurs_keeps_its_row",
                "Adam leaves the row of an id that never occurs as it was.",
                f"{_row('masked', UNUSED)} == 1",
            ),
            claim(
                "decay_shrinks_every_row",
                "Weight decay shrinks the row of an id that never occurs.",
                f"{_row('decayed', UNUSED)} < 0.9",
            ),
            claim(
                "a_group_without_decay_keeps_its_rows",
                "In a parameter group without decay that row stays as it was.",
                f"{_row('not_decayed', UNUSED)} == 1",
            ),
            claim(
                "masked_padding_keeps_its_row",
                "If the padding is masked, its row is not changed.",
                f"{_row('masked', PADDING)} == 1",
            ),
            claim(
                "a_padding_row_stays_zero",
                "PyTorch's padding_idx is a row of zeros that is not trained.",
                f"{_row('padding_row', PADDING)} == 0",
            ),
            claim(
                "counted_padding_is_trained",
                "Without either, the padding's row is trained as any other: "
                "the square of its change is not 0.",
                f"({_row('counted', PADDING)} - 1)"
                f" * ({_row('counted', PADDING)} - 1) > 0",
            ),
        ],
        "plots": [{"bars": "test_accuracy"}],
    }
