"""What does attention know about the order of a sequence?

The class of a sequence is whether the id 0 comes before the id 1; which ids
there are says nothing. Attention treats a sequence as a set: if two steps are
exchanged, so are its outputs, and their mean does not change. Without
positions a transformer block (Vaswani et al. 2017) with a mean over the steps
therefore cannot tell the classes apart. Vectors that are added to the
embeddings, one for each step, give it the order; a causal mask gives it some,
too, since each step sees only those before it (Haviv et al. 2022).
"""

from typing import Any

from framework_parity.comparisons.experiments._words import claim

DATASETS = ("token_order",)


def _block(causal: bool) -> list[Any]:
    """Return a block with attention and two dense layers, norm first."""
    attention = {"multi_head_attention": {"heads": 2, "causal": causal}}
    return [
        {"residual": ["layer_norm", attention]},
        {"residual": ["layer_norm", {"dense": 32}, "relu", {"dense": 16}]},
    ]


def _network(*positions: Any, causal: bool = False) -> list[Any]:
    embedding = {
        "embedding": {
            "vocabulary": 8,
            "size": 16,
            "embeddings_initializer": {"normal": 0.5},
        }
    }
    return [
        embedding,
        *positions,
        *_block(causal),
        "layer_norm",
        "global_average_pool",
        {"dense": 2},
    ]


def written(dataset: str, profile: str) -> dict[str, Any]:
    """Return the specification for one profile."""
    quick = profile == "quick"
    learnt = {
        "position_embedding": {"embeddings_initializer": {"normal": 0.5}}
    }
    return {
        "name": "attention",
        "dialect": "keras",
        "data": {
            "token_order": {"steps": 12, "samples": 1500 if quick else 6000},
            "test": 0.3,
            "validation": 0,
        },
        "recipe": {
            "loss": "cross_entropy",
            "optimizer": {"adam": 0.005},
            "batch_size": 32,
            "epochs": 15,
            "shuffle": "each_epoch",
        },
        "arms": {
            "no_positions": _network(),
            "learnt": _network(learnt),
            "sinusoidal": _network("sinusoidal_positions"),
            "causal": _network(causal=True),
        },
        "claims": [
            claim(
                "a_set_has_no_order",
                "Without positions it is right about half the time.",
                "no_positions.test_accuracy < 0.6",
            ),
            claim(
                "learnt_positions_give_the_order",
                "With learnt positions it is nearly always right.",
                "learnt.test_accuracy > 0.9",
            ),
            claim(
                "sinusoidal_positions_give_the_order",
                "With sines and cosines, too.",
                "sinusoidal.test_accuracy > 0.9",
            ),
            claim(
                "a_causal_mask_gives_an_order",
                "A causal mask alone is better than none.",
                "causal.test_accuracy > no_positions.test_accuracy",
            ),
        ],
        "plots": [{"bars": "test_accuracy"}],
    }
